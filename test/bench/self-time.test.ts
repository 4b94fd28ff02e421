import assert from 'node:assert/strict'
import {
  type CpuProfile,
  selfTimesOf,
  selfTimesOfPerf,
  selfTimeTable,
  wholeTimesOf,
  wholeTimeTable,
} from '../../bench/self-time.js'

describe('self-time by function', () => {
  const frame = (functionName: string, url = '', lineNumber = -1) => ({ functionName, url, lineNumber })

  it('adds up what each function of a V8 profile spent, without waiting and without the profiler', () => {
    const profile: CpuProfile = {
      nodes: [
        { id: 1, callFrame: frame('(root)') },
        { id: 2, callFrame: frame('(idle)') },
        { id: 3, callFrame: frame('send', 'file:///home/cairn/dist/src/s3/exchange.js', 69) },
        { id: 4, callFrame: frame('', 'file:///home/cairn/node_modules/koa/lib/application.js', 0) },
        { id: 5, callFrame: frame('send', 'file:///home/cairn/dist/src/s3/exchange.js', 69) },
        { id: 6, callFrame: frame('dispatch') },
        { id: 7, callFrame: frame('dispatch', 'file:///home/cairn/dist/src/s3/app.js', 8) },
        { id: 8, callFrame: frame('') },
      ],
      samples: [6, 2, 3, 5, 4, 7, 8],
      timeDeltas: [7_000, 9_000, 1_000, 500, 250, 125, 50],
    }
    assert.deepEqual(selfTimesOf(profile, 'main', '/home/cairn'), [
      { thread: 'main', name: 'send src/s3/exchange.js:70', ms: 1.5 },
      { thread: 'main', name: '(anonymous) node_modules/koa/lib/application.js:1', ms: 0.25 },
      { thread: 'main', name: 'dispatch src/s3/app.js:9', ms: 0.125 },
      { thread: 'main', name: '(native, without a name)', ms: 0.05 },
    ])
  })

  it('adds to each function what it calls, once when it calls itself', () => {
    const url = 'file:///home/cairn/dist/src/s3/app.js'
    const profile: CpuProfile = {
      nodes: [
        { id: 1, callFrame: frame('(root)'), children: [2] },
        { id: 2, callFrame: frame('serve', url, 0), children: [3, 4] },
        { id: 3, callFrame: frame('writev') },
        { id: 4, callFrame: frame('walk', url, 1), children: [5] },
        { id: 5, callFrame: frame('walk', url, 1) },
      ],
      samples: [2, 3, 4, 5],
      timeDeltas: [1_000, 2_000, 4_000, 8_000],
    }
    const times = wholeTimesOf(profile, 'main', '/home/cairn')
    assert.deepEqual(Object.fromEntries(times.map(({ name, ms }) => [name, ms])), {
      '(root)': 15,
      'serve src/s3/app.js:1': 15,
      writev: 2,
      'walk src/s3/app.js:2': 12,
    })
    assert.equal(
      wholeTimeTable(times, 1_000, 9).replaceAll(/ +/g, ' '),
      ' 15.00 µs main: serve src/s3/app.js:1\n 12.00 µs main: walk src/s3/app.js:2',
    )
  })

  it('reads a report of perf, and puts together what V8 compiled more than once', () => {
    const report = [
      '28 \t 140:node \t[kernel.kallsyms] \t[k] tcp_ack',
      '20 \t 140:node \t[JIT] tid 140 \t[.] JS:*send file:///home/cairn/dist/src/s3/exchange.js:70:15',
      '10 \t 140:node \t[JIT] tid 140 \t[.] JS:~send file:///home/cairn/dist/src/s3/exchange.js:70:15',
      '5 \t 163:node \t[JIT] tid 140 \t[.] JS:* file:///home/cairn/dist/src/store/catalog/put-version.js:11:63',
      '2 \t 163:node \tbetter_sqlite3.node \t[.] sqlite3VdbeExec',
      'Error: what is no row is left out',
    ].join('\n')
    assert.deepEqual(selfTimesOfPerf(report, 0.5, 140, '/home/cairn'), [
      { thread: 'main', name: '[kernel] tcp_ack', ms: 14 },
      { thread: 'main', name: 'send src/s3/exchange.js:70', ms: 15 },
      { thread: 'thread 163', name: '(anonymous) src/store/catalog/put-version.js:11', ms: 2.5 },
      { thread: 'thread 163', name: '[better_sqlite3.node] sqlite3VdbeExec', ms: 1 },
    ])
  })

  it('shows the dearest thread and its dearest function first, in percent and in microseconds of a request', () => {
    const table = selfTimeTable(
      [
        { thread: 'thread 1', name: 'write src/store/write.js:1', ms: 25 },
        { thread: 'main', name: '[kernel] tcp_ack', ms: 15 },
        { thread: 'main', name: 'send src/s3/exchange.js:70', ms: 30 },
        { thread: 'main', name: 'open src/s3/exchange.js:9', ms: 30 },
      ],
      1_000,
      2,
    )
    assert.deepEqual(
      table
        .split('\n')
        .filter(Boolean)
        .map((line) => line.trim().replaceAll(/ +/g, ' ')),
      [
        '75.0 % 75.00 µs main',
        '60.0 % 60.00 µs all of src/s3',
        '15.0 % 15.00 µs all of kernel',
        '30.0 % 30.00 µs send src/s3/exchange.js:70',
        '30.0 % 30.00 µs open src/s3/exchange.js:9',
        '25.0 % 25.00 µs thread 1',
        '25.0 % 25.00 µs all of src/store',
        '25.0 % 25.00 µs write src/store/write.js:1',
      ],
    )
  })
})
