// Places where a crash would be most telling: before and after each sync, rename, commit, unlink and message between threads or processes. They are
// named on a diagnostics channel. In a server nobody listens, no setting makes anybody listen, and a point costs one property read;
// test/crash/faults preloads a listener that ends the process there.

import { channel } from 'node:diagnostics_channel'

/** Each point, and what has happened when it is passed, and what has not. docs/durability.md lists them with the runs that hold there. */
export const faultPoints = {
  'directory made': 'a directory was made; its name is not synced',
  'directory locked': 'the data directory is locked; who holds it is not written down',
  'root key drafted': 'the root key is synced under its draft name',
  'root key renamed': 'the root key has its name; the name is not synced',
  'root key durable': 'the root key and its name are synced; nobody was told',
  'schema ready': 'the tables are made or migrated; not committed',
  'schema committed': 'the tables are committed; the WAL has not been copied',
  'instance registered': 'the process has its row; it has no folder yet',
  'blob written': 'all bytes of a blob file are written; none is synced',
  'blob synced': 'the bytes of a blob file are synced; its name may be a draft, and is not synced',
  'blob renamed': 'a blob file has its name; the name is not synced',
  'blob names durable': 'the folder of a blob file is synced; no row names it',
  'group sent': 'a group of transactions is on its way to the writer',
  'group received': 'the writer has a group and has not begun it',
  'group ready': 'the statements of a group have run; it is not committed',
  'group committed': 'a group is committed and synced; nobody was told',
  'group answered': 'the main thread knows of the commit; no client does',
  'checkpoint begins': 'the WAL is about to be copied into the database',
  'checkpoint ended': 'the WAL is copied into the database, and the database synced',
  'discard begins': 'a transaction refused to name a draft; its files are still there',
  'draft removed': 'a file without a row is removed; its folder is not synced',
  'files removed': 'the collector has removed files; their folders are not synced, and their rows still there',
  'removals durable': 'the removal of files is synced; their rows are still there',
  'orphans removed': 'the sweep has removed files of dead processes; their folder is not synced',
  'folder removed': 'the emptied folder of a dead process is removed; its row still waits for the sweep',
  'instance handed out': 'the supervisor has started a worker and handed it an instance; the worker has not read it',
  'worker greeted': 'the writer process holds a worker for living; it has not bidden it welcome',
  'link made': 'a worker was bidden welcome; what waited for a writer is not sent',
  'connection handed': 'the supervisor has handed a connection to a worker; the worker has not taken it',
  'connection taken': 'a worker has a connection; it has read nothing of it',
  'commit sent': 'a worker has sent transactions to the writer process; their answers are not there',
  'commit taken': 'the writer process has read transactions of a worker, and begun none',
  'commit answers ready': 'transactions of a worker are committed; the worker was not told',
  'commit answers taken': 'a worker knows of the commit; no client does',
  'link lost': 'a worker has seen that the writer process is gone; who waits for an answer of it was not told',
  'oldest asked': 'the collector has asked a worker for its oldest read; the answer is not there',
  'oldest told': 'a worker has told its oldest read; what nobody reads is not removed',
  'files forgotten': 'a worker keeps no files open for later reads that the collector is about to remove',
  'burial told': 'the supervisor has told the writer process that a worker is dead; it has not read that',
  'burial taken': 'the link of a dead worker is cut; its folder has not been swept',
  'failed sync told': 'a worker whose sync failed has told the supervisor; the writer process goes on',
  'failed sync passed on': 'the supervisor has told the writer process of a failed sync; other workers go on',
} as const

/** A point's name. */
export type FaultPoint = keyof typeof faultPoints

/** Where points are told. */
const points = channel('cairn:fault-point')

/** Passes a point. */
export function passPoint(point: FaultPoint): void {
  if (points.hasSubscribers) points.publish(point)
}
