import type { Seen } from './fleet-watch.js';

/** Something that is asked of a node, and how to see that it was done. */
export interface Act {
  readonly title: string;
  /** Method, path below the node, and body. */
  readonly requests: readonly (readonly ['PUT' | 'PATCH', string, object])[];
  readonly isDone: (seen: Seen) => boolean;
}

const provision = (title: string, body: { readonly target: string } & object, state: string): Act => ({
  title,
  requests: [['PUT', '/states/provision', body]],
  isDone: seen => seen.state === state,
});

const power = (title: string, target: string): Act => ({
  title,
  requests: [['PUT', '/states/power', { target }]],
  isDone: seen => seen.power === target,
});

const manage = provision('manage: is its BMC there?', { target: 'manage' }, 'manageable');
const provide = provision('provide: clean it and make it available', { target: 'provide' }, 'available');

const image = [
  { op: 'add', path: '/instance_info/image_source', value: 'https://images.example.org/debian-13.qcow2' },
  { op: 'add', path: '/instance_info/image_checksum', value: 'https://images.example.org/SHA256SUMS' },
];

const deployment = {
  target: 'active',
  configdrive: {
    meta_data: { name: 'bm-01', hostname: 'bm-01.example.org' },
    user_data: '#cloud-config\npackages: [nginx]\n',
  },
  deploy_steps: [
    {
      interface: 'bios',
      step: 'apply_configuration',
      args: { settings: [{ name: 'ProcTurboMode', value: 'Disabled' }] },
      priority: 150,
    },
  ],
};

const deploy: Act = {
  ...provision('deploy: with a config drive, and a BIOS setting as an extra step', deployment, 'active'),
  requests: [
    ['PATCH', '', image],
    ['PUT', '/states/provision', deployment],
  ],
};

/** From enrolled to available again. */
export const life: readonly Act[] = [
  manage,
  provision('inspect: what is in it?', { target: 'inspect' }, 'manageable'),
  provide,
  deploy,
  power('power off', 'power off'),
  power('power on', 'power on'),
  provision(
    'rescue: boot a rescue system beside the instance',
    { target: 'rescue', rescue_password: 'rescue me' } as never,
    'rescue',
  ),
  provision('unrescue: boot the instance again', { target: 'unrescue' }, 'active'),
  provision('undeploy: take the instance away, clean, make available', { target: 'deleted' }, 'available'),
];

export const preparation: readonly Act[] = [manage, provide];

export const failingAct = provision('deploy', { target: 'active' }, 'deploy failed');
