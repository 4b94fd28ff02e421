// Mocha's spec reporter, which besides leaves its counts in the file named by TEST_COUNTS_FILE, one line a run:
// scripts/test.mjs and .ci/run add them up.

const { appendFileSync } = require('node:fs')
const { reporters, Runner } = require('mocha')

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const file = process.env.TEST_COUNTS_FILE
      if (file) appendFileSync(file, `${JSON.stringify({ passed: this.stats.passes, failed: this.stats.failures })}\n`)
    })
  }
}
