// What `cairn check` finds in a data directory, gathered.

import { checkStore, type CheckListener, type Fault } from '../../src/store/check.js'

/** Checks a directory and answers every fault; losses that a repair has told of are none. */
export async function faultsOf(directory: string, listener: Partial<CheckListener> = {}): Promise<Fault[]> {
  const faults: Fault[] = []
  await checkStore(directory, { ...listener, fault: (fault) => void (fault.isAccepted || faults.push(fault)) })
  return faults
}
