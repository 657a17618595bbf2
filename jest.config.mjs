// Tests run on what ships: the compiled files in dist/. `*.spec.ts` needs nothing outside the process,
// `*.e2e.spec.ts` and `*.engine.spec.ts` have suites of their own (npm run test:e2e, test:engines).
const suites = { unit: /(?<!\.(e2e|engine))\.spec\.js$/, e2e: /\.e2e\.spec\.js$/, engines: /\.engine\.spec\.js$/ };

export default {
  rootDir: 'dist',
  testRegex: [suites[process.env.SUITE ?? 'unit'].source],
  transform: {},
  reporters: ['default', '<rootDir>/../tools/summary-reporter.mjs'],
  // Only keeps a defect from hanging the suite: elsewhere whole processes are started, on machines that may be busy.
  testTimeout: process.env.SUITE ? 120_000 : 20_000,
};
