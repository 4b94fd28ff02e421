import { equal } from 'node:assert/strict'
import { pairs, table } from '../../src/command/table.js'

describe('tables of a command', () => {
  it('pad columns, names to the left and numbers to the right, and show what is missing', () => {
    const rows = [
      { name: 'a', count: 1000, note: undefined },
      { name: 'longer', count: undefined, note: 'x' },
    ]
    const text = table(
      [
        { head: 'NAME', cell: ({ name }) => name },
        { head: 'COUNT', cell: ({ count }) => count },
        { head: 'NOTE', cell: ({ note }) => note },
      ],
      rows,
    )
    equal(text, 'NAME    COUNT  NOTE\na        1000  -\nlonger      -  x\n')
  })

  it('have their heads when there is no row', () => {
    equal(table<string>([{ head: 'NAME', cell: (name) => name }], []), 'NAME\n')
    equal(table([{ head: 'NONE', cell: () => undefined }], [1]), 'NONE\n-\n')
  })

  it('show nothing that moves the cursor of a terminal', () => {
    equal(pairs([['Name', 'a\u001b[2Jb\u202e\nc']]), 'Name  a\ufffd[2Jb\ufffd\ufffdc\n')
  })
})
