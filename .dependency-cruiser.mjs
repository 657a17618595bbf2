// Dependencies point one way: apps -> adapters -> domain. What to do instead is in the comments.
const lib = name => `^libs/${name}/`;

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle is a missing third thing.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-depends-on-nothing',
      severity: 'error',
      comment: 'The domain owns the ports; adapters implement them.',
      from: { path: lib('domain'), pathNot: '\\.spec\\.ts$' },
      to: { path: '^(apps|libs)/', pathNot: lib('domain') },
    },
    {
      name: 'protocol-clients-know-no-nodes',
      severity: 'error',
      comment: 'ipmi-js is a library of its own: let a driver translate.',
      from: { path: lib('(ipmi-js|redfish)') },
      to: { path: '^(apps|libs)/', pathNot: lib('(ipmi-js|redfish)') },
    },
    {
      name: 'libs-know-no-apps',
      severity: 'error',
      comment: 'Move what is needed into the library, or pass it in.',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'adapters-know-no-adapters',
      severity: 'error',
      comment: 'Adapters meet in apps/server, through the ports of the domain.',
      from: { path: '^libs/(event-store|work-log|secrets|boot-services)/' },
      to: { path: '^libs/(event-store|work-log|read-model|drivers|secrets|command-handler)/', pathNot: '^libs/$1/' },
    },
    {
      name: 'only-the-read-model-knows-typeorm',
      severity: 'error',
      comment: 'Ask the read model by its queries.',
      from: { pathNot: lib('read-model') },
      to: { path: 'node_modules/typeorm' },
    },
    {
      name: 'nest-stays-at-the-edge',
      severity: 'error',
      comment: 'Nest wires things in apps/; libraries are plain TypeScript.',
      from: { path: '^libs/' },
      to: { path: 'node_modules/@nestjs' },
    },
    {
      name: 'apps-meet-in-server-only',
      severity: 'error',
      comment: 'Only apps/server composes the other apps; the CLI starts it.',
      from: { path: '^apps/(?!server|cli)([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'the-agent-stands-alone',
      severity: 'error',
      comment: 'The ramdisk has Node.js and no packages: write it in apps/agent, or do without.',
      from: { path: '^apps/agent/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(apps|libs)/|node_modules', pathNot: '^apps/agent/|node_modules/@types/node' },
    },
    {
      name: 'index-only',
      severity: 'error',
      comment: 'Import another library through its index.',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: { path: '^libs/[^/]+/src/.+', pathNot: ['^$1/$2/', '/index\\.ts$'] },
    },
    {
      name: 'no-test-code',
      severity: 'error',
      from: {
        pathNot: [
          '\\.spec\\.ts$',
          '^libs/testing/',
          'contract\\.ts$',
          '/contract/',
          '/test-bench\\.ts$',
          '/fleet-under-test\\.ts$',
        ],
      },
      to: { path: '(\\.spec\\.ts$|^libs/testing/)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['types', 'import', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js'],
    },
  },
};
