// Jest reporter: ends the run with one line that CI reads, "N passed, N failed".
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    // A file that could not be run at all has no test of its own to count: it counts as one failure.
    const unrunnable = results.testResults.filter(file => file.testExecError && file.numFailingTests === 0).length;
    const failed = results.numFailedTests + unrunnable;
    // Jest's own summary comes after this call: ours has to be the last line.
    process.on('exit', () => process.stdout.write(`\n${results.numPassedTests} passed, ${failed} failed\n`));
  }
}
