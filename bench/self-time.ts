// Where a thread spent its time, by function: what is read of V8's profiles and of perf's reports.

/** Time spent in one function: itself, what it calls left out, or with what it calls. */
export interface FunctionTime {
  /** "main", "thread 3": as far as the profiler can tell. */
  readonly thread: string
  /** Name and place: "findVersion src/store/catalog/find-version.js:41", "[kernel] tcp_sendmsg". */
  readonly name: string
  readonly ms: number
}

/** A profile as V8 writes it. Source: Chrome DevTools Protocol, Profiler.Profile */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    /** The nodes of what it called. */
    readonly children?: readonly number[]
  }[]
  /** The node that was on top at each sample. */
  readonly samples?: readonly number[]
  /** Microseconds between a sample and the one before. */
  readonly timeDeltas?: readonly number[]
}

/** Threads and functions that did less of the work than this are not shown. */
const threadShareMin = 0.005
const functionShareMin = 0.001

/** Not work: the thread waited, or started and ended its profile, which this function of the inspector does. */
const notWork = ['(idle)', 'dispatch']

/** Self-time of a V8 profile; places are given below `root`, lines as of the compiled file, counted from 1. */
export function selfTimesOf(profile: CpuProfile, thread: string, root: string): FunctionTime[] {
  const names = namesOf(profile, root)
  return added(
    thread,
    [...selfMs(profile)].map(([id, ms]) => ({ names: [names.get(id) ?? '(unknown)'], ms })),
  )
}

/** Time of each function of a V8 profile with what it calls; what goes on after an `await` is called by nobody. A function that calls itself
 *  is counted once. */
export function wholeTimesOf(profile: CpuProfile, thread: string, root: string): FunctionTime[] {
  const names = namesOf(profile, root)
  const caller = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  )
  const stackOf = (node: number): string[] => {
    const stack = new Set<string>()
    for (let id: number | undefined = node; id !== undefined; id = caller.get(id))
      stack.add(names.get(id) ?? '(unknown)')
    return [...stack]
  }
  return added(
    thread,
    [...selfMs(profile)].map(([id, ms]) => ({ names: stackOf(id), ms })),
  )
}

function namesOf(profile: CpuProfile, root: string): Map<number, string> {
  return new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame, root)]))
}

/** Milliseconds of work by node. */
function selfMs({ nodes, samples = [], timeDeltas = [] }: CpuProfile): Map<number, number> {
  const idle = new Set(
    nodes
      .filter(({ callFrame }) => callFrame.url === '' && notWork.includes(callFrame.functionName))
      .map(({ id }) => id),
  )
  const ms = new Map<number, number>()
  for (const [i, node] of samples.entries()) {
    if (!idle.has(node)) ms.set(node, (ms.get(node) ?? 0) + (timeDeltas[i] ?? 0) / 1000)
  }
  return ms
}

function added(
  thread: string,
  times: readonly { readonly names: readonly string[]; readonly ms: number }[],
): FunctionTime[] {
  const sums = new Map<string, number>()
  for (const { names, ms } of times) for (const name of names) sums.set(name, (sums.get(name) ?? 0) + ms)
  return [...sums].map(([name, ms]) => ({ thread, name, ms }))
}

/** Self-time of a report that `perf report` writes with tabs between its columns: samples, thread, shared object, symbol.
 *  @param sampleMs what one sample stands for
 *  @param main the thread that is called "main"
 *  @param root places are given below it */
export function selfTimesOfPerf(report: string, sampleMs: number, main: number, root: string): FunctionTime[] {
  const ms = new Map<string, number>()
  for (const line of report.split('\n')) {
    const [samples = '', thread = '', object = '', symbol = ''] = line.split('\t').map((cell) => cell.trim())
    if (!/^\d+$/.test(samples) || symbol === '') continue
    const id = Number(/\d+/.exec(thread)?.[0] ?? Number.NaN)
    const name = `${id === main ? 'main' : `thread ${id}`}\t${perfName(object, symbol, root)}`
    ms.set(name, (ms.get(name) ?? 0) + Number(samples) * sampleMs)
  }
  return [...ms].map(([joint, spent]) => {
    const [thread = '', name = ''] = joint.split('\t')
    return { thread, name, ms: spent }
  })
}

/** A table for a terminal: each thread that did something, first by where its functions come from, then its `rows` dearest ones, in percent of all
 *  threads' time and in microseconds of each request. */
export function selfTimeTable(times: readonly FunctionTime[], requests: number, rows: number): string {
  const all = total(times)
  const line = (ms: number, name: string): string =>
    `${((ms / all) * 100).toFixed(1).padStart(6)} % ${((ms / requests) * 1000).toFixed(2).padStart(10)} µs  ${name}`
  return byDearest(times, ({ thread }) => thread)
    .filter(({ ms }) => ms / all >= threadShareMin)
    .map((thread) => {
      const origins = byDearest(thread.own, ({ name }) => originOf(name))
      const functions = thread.own.toSorted((a, b) => b.ms - a.ms).slice(0, rows)
      return [
        line(thread.ms, thread.name),
        ...origins.map(({ ms, name }) => line(ms, `  all of ${name}`)),
        ...functions.filter(({ ms }) => ms / all >= functionShareMin).map(({ ms, name }) => line(ms, `    ${name}`)),
        '',
      ].join('\n')
    })
    .join('\n')
}

/** A table for a terminal: the `rows` dearest of the product's own functions with what they call, in microseconds of each request. */
export function wholeTimeTable(times: readonly FunctionTime[], requests: number, rows: number): string {
  const own = times.filter(({ name }) => originOf(name).startsWith('src'))
  return own
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, rows)
    .map(({ thread, name, ms }) => `${((ms / requests) * 1000).toFixed(2).padStart(10)} µs  ${thread}: ${name}`)
    .join('\n')
}

/** Times put together by what `nameOf` says of each, the dearest first. */
function byDearest(
  times: readonly FunctionTime[],
  nameOf: (time: FunctionTime) => string,
): { readonly name: string; readonly own: FunctionTime[]; readonly ms: number }[] {
  return [...new Set(times.map(nameOf))]
    .map((name) => {
      const own = times.filter((time) => nameOf(time) === name)
      return { name, own, ms: total(own) }
    })
    .toSorted((a, b) => b.ms - a.ms)
}

/** "[libc.so.6] malloc" → "libc.so.6", "send src/s3/exchange.js:70" → "src/s3", "write node:buffer:661" → "node", "writev" → "native" */
function originOf(name: string): string {
  const object = /^\[([^\]]+)\]/.exec(name)?.[1]
  if (object) return object.startsWith('JIT') ? 'generated code without a name' : object
  const place = name.split(' ').at(-1) ?? ''
  if (place.startsWith('node:')) return "node's JavaScript"
  const packageName = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(place)?.[1]
  if (packageName) return packageName
  return /^(src(?:\/[\w-]+)*)\/[\w-]+\.js:/.exec(place)?.[1] ?? 'native, called from JavaScript'
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame'], root: string): string {
  if (url === '') return functionName || '(native, without a name)'
  return `${functionName || '(anonymous)'} ${placeBelow(root, `${url}:${lineNumber + 1}`)}`
}

/** "[.] JS:*find file:///…/find.js:3:1" → "find src/find.js:3". The sign tells how far V8 compiled it; a function has several over its life. */
function perfName(object: string, symbol: string, root: string): string {
  const name = symbol.replace(/^\[.\]\s*/, '')
  const script = /^(?:JS|Eval|Script|Function|LazyCompile):[~^*+-]?(?<name>\S*) (?<place>\S+:\d+):\d+$/.exec(
    name,
  )?.groups
  if (script) return `${script['name'] || '(anonymous)'} ${placeBelow(root, script['place'] ?? '')}`
  return `[${object.replaceAll(/[[\]]/g, '').replace('kernel.kallsyms', 'kernel')}] ${name}`
}

function placeBelow(root: string, place: string): string {
  const path = place.replace(/^file:\/\//, '')
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1).replace(/^dist\//, '') : path
}

function total(times: readonly FunctionTime[]): number {
  return times.reduce((sum, { ms }) => sum + ms, 0)
}
