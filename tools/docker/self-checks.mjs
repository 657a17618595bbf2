import { schemaFaults, serviceFaults } from './compose.mjs';
import { dockerfileFaults, isPinned } from './dockerfile.mjs';
import { objectFaults } from './kubernetes.mjs';

const good = 'FROM debian:13.2-slim\nCOPY a b\nUSER 1000\nHEALTHCHECK CMD ["true"]\n';
const faultsIn = (text, ignore = '*\n!a') => dockerfileFaults({ text, ignore, root: '/', nodeVersion: '24.1.0' });

/** Each a Dockerfile that is wrong in one way, and what has to be said of it. COPY is from /, where there is a tmp. */
const fine = good.replace('COPY a b', 'COPY tmp b');
const badDockerfiles = [
  [fine.replace('13.2-slim', 'slim'), /not pinned/],
  [fine.replace('debian:13.2-slim', 'debian'), /not pinned/],
  [fine.replace('debian:13.2-slim', 'node:20.0.0-slim'), /not the Node\.js/],
  [good, /COPY a: it does not exist/],
  [fine.replace('COPY tmp', 'ADD https://example.org/x'), /^ADD/],
  [fine.replace('COPY tmp', 'COPY --from=gone x'), /no such stage/],
  [fine.replace('USER 1000', 'USER root'), /not root/],
  [fine.replace('USER 1000', 'USER 1000\nUSER 0'), /not root/],
  [fine.replace('USER 1000\n', ''), /not root/],
  [fine.replace('USER 1000', 'ENV DATABASE_PASSWORD=x\nUSER 1000'), /secret/],
  [fine.replace(/HEALTHCHECK.*/, ''), /HEALTHCHECK/],
];

const expectFault = (faults, wanted) =>
  faults.some(fault => wanted.test(fault)) ? [] : [`${wanted} was not found, but: ${faults.join('; ') || 'nothing'}`];

const service = {
  image: 'postgres:18.4',
  user: 'postgres',
  restart: 'always',
  healthcheck: { test: ['CMD', 'true'] },
  deploy: { resources: { limits: { cpus: '1', memory: '1g' } } },
  cap_drop: ['ALL'],
};
const faultsOfService = changes => serviceFaults('it', { services: { it: { ...service, ...changes } } });

const badServices = [
  [{ image: 'postgres:latest' }, /not pinned/],
  [{ user: undefined }, /root/],
  [{ user: '0:0' }, /root/],
  [{ ports: ['5432:5432'] }, /open/],
  [{ secrets: ['gone'] }, /secret gone is not declared/],
  [{ depends_on: { gone: { condition: 'service_healthy' } } }, /service gone is not declared/],
  [{ depends_on: { it: { condition: 'service_started' } } }, /healthy/],
  [{ deploy: {} }, /limits/],
];

const budget = {
  kind: 'PodDisruptionBudget',
  metadata: { namespace: 'ferrolog' },
  spec: { selector: { matchLabels: { a: 'b' } } },
};

/** Whether the checks of this folder find what they are for: what cannot fail says nothing. */
export const selfChecks = [
  [
    'the check of tags',
    () =>
      [
        ...['a:1.2.3', 'a:1.2-slim', 'a:trixie-20260918-slim', 'host:5000/a:4.3.1'].filter(tag => !isPinned(tag)),
        ...['a', 'a:latest', 'a:1', 'a:slim', 'host:5000/a'].filter(isPinned),
      ].map(tag => `misjudged ${tag}`),
  ],
  ['a good Dockerfile', () => faultsIn(fine, '*\n!tmp')],
  ['a Dockerfile that copies what is ignored', () => expectFault(faultsIn(fine), /dockerignore/)],
  ...badDockerfiles.map(([text, wanted]) => [
    `a Dockerfile with ${wanted.source}`,
    () => expectFault(faultsIn(text, '*\n!tmp'), wanted),
  ]),
  [
    'what is no Compose file',
    () => expectFault(schemaFaults({ services: { it: { ...service, replicas: 2 } } }), /services\/it.* replicas/),
  ],
  ['a good service', () => faultsOfService({})],
  ...badServices.map(([changes, wanted]) => [
    `a service with ${JSON.stringify(changes)}`,
    () => expectFault(faultsOfService(changes), wanted),
  ]),
  ['a budget for no pods', () => expectFault(objectFaults(budget, [budget]), /selects no pods/)],
];
