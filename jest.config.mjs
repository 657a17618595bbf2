// Tests run on what ships: the compiled files in dist/. `*.spec.ts` needs nothing outside the process,
// `*.e2e.spec.ts` and `*.engine.spec.ts` have suites of their own (npm run test:e2e, test:engines).
const suites = { unit: /(?<!\.(e2e|engine))\.spec\.js$/, e2e: /\.e2e\.spec\.js$/, engines: /\.engine\.spec\.js$/ };

export default {
  rootDir: 'dist',
  testRegex: [suites[process.env.SUITE ?? 'unit'].source],
  transform: {},
  reporters: ['default', '<rootDir>/../tools/summary-reporter.mjs'],
  testTimeout: 20_000,
};
