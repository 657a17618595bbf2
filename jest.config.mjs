// Tests run on what ships: the compiled files in dist/. `*.spec.ts` needs nothing outside the process,
// `*.e2e.spec.ts` (stock clients), `*.engine.spec.ts` (one engine or peer), `*.fleet.spec.ts` (Kafka, and processes
// that die) and `*.machine.spec.ts` (emulated machines) have suites of their own: npm run test:e2e, test:engines,
// test:fleet, test:machines.
const suites = {
  unit: /(?<!\.(e2e|engine|fleet|machine))\.spec\.js$/,
  e2e: /\.e2e\.spec\.js$/,
  engines: /\.engine\.spec\.js$/,
  fleet: /\.fleet\.spec\.js$/,
  machines: /\.machine\.spec\.js$/,
};

const suite = process.env.SUITE ?? 'unit';

export default {
  rootDir: 'dist',
  testRegex: [suites[suite].source],
  transform: {},
  reporters: ['default', '<rootDir>/../tools/summary-reporter.mjs'],
  ...((suite === 'engines' || suite === 'fleet') && {
    // The files share one Kafka and one PostgreSQL, which need the processors, too.
    globalSetup: '<rootDir>/tools/engines/suite/set-up.js',
    globalTeardown: '<rootDir>/tools/engines/suite/tear-down.js',
    maxWorkers: 2,
  }),
  // Only to end what hangs: clients that start slowly on a busy machine are no failure.
  testTimeout: suite === 'unit' ? 60_000 : 300_000,
};
