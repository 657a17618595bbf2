import fc from 'fast-check';
import type { NodeCommandData, NodeCommandType, Verb } from '#domain';
import { Problem, verbsOf, workOf } from '#domain';
import type { House } from './house.js';
import { HOUSE_CONDUCTOR } from './house.js';
import { HouseConductor } from './house-conductor.js';

/** Something that somebody does to one of the nodes. What is refused changes nothing. */
export interface HouseMove {
  readonly name: string;
  readonly node: number;
  /** Chooses among the variants of the move. */
  readonly pick: number;
}

interface Scene {
  readonly house: House;
  readonly conductor: HouseConductor;
  readonly uuid: string;
  readonly pick: <T>(...values: T[]) => T;
}

export const houseNodes = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'].map(start => `${start}-0000-4000-8000-000000000000`);
const chassis = 'dddddddd-0000-4000-8000-000000000000';
const addresses = ['52:54:00:00:00:01', '52:54:00:00:00:02', '52:54:00:00:00:03'];
const long = 'x'.repeat(3_000);

const ask =
  <T extends NodeCommandType>(type: T, ...variants: NodeCommandData<T>[]) =>
  ({ house, uuid, pick }: Scene) =>
    house.send(uuid, type, pick(...variants));
const patch =
  (field: string, ...values: unknown[]) =>
  ({ house, uuid, pick }: Scene) =>
    house.send(uuid, 'PatchNode', { patch: [{ op: 'add', path: `/${field}`, value: pick(...values) }] });

/** What fake machines are told to fail at. */
const knobs = [
  {},
  { fake_deploy_fail: 'deploy' },
  { fake_power_fail: '*' },
  { fake_inspect_wait: 5 },
  { fake_deploy_wait: 5 },
];

const moves: Readonly<Record<string, { readonly weight?: number; readonly run: (scene: Scene) => Promise<unknown> }>> =
  {
    enrol: {
      weight: 6,
      run: ({ house, uuid, pick }) =>
        house.enrol(uuid, {
          name: pick('one', 'two', null),
          owner: pick('alice', null),
          driver_info: { password: 'secret', fake_address: 'bmc', ...pick(...knobs) },
          extra: pick({}, { big: long }, { a: { b: [1, 'ü', null] } }),
          properties: { memory_mb: pick(1, 1024) },
          automated_clean: pick(true, false, null),
        }),
    },
    delete: { weight: 2, run: ask('DeleteNode', {}) },
    rename: { run: patch('name', 'one', 'two', 'three', null) },
    'change extra': {
      run: patch(
        'extra',
        {},
        { big: long },
        Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, 'x'.repeat(1_500)])),
      ),
    },
    'change driver_info': { run: patch('driver_info', ...knobs, { password: 'another', unknown: { deep: long } }) },
    'change instance_info': { run: patch('instance_info', {}, { image_source: 'http://u:p@h/i', display_name: 'vm' }) },
    'change instance': { run: patch('instance_uuid', 'eeeeeeee-0000-4000-8000-000000000000', null) },
    'change description': { run: patch('description', 'a "quoted"\n text', '漢字', null) },
    'change group': { run: patch('conductor_group', '', 'rack-2') },
    protect: { run: patch('protected', true, false) },
    retire: { run: patch('retired', true, false) },
    'set maintenance': { run: ask('SetMaintenance', { reason: 'disk' }, { reason: null }) },
    'clear maintenance': { weight: 3, run: ask('ClearMaintenance', {}) },
    traits: { run: ask('SetTraits', { traits: ['CUSTOM_A', 'HW_B'] }, { traits: [] }) },
    'attach port': {
      weight: 3,
      run: ({ house, uuid, pick }) => {
        const address = pick(...addresses);
        const attributes = pick({}, { name: 'eth0', extra: { a: 1 } }, { pxe_enabled: false });
        return house.send(uuid, 'AttachPort', {
          uuid: `port-${address.slice(-2)}-${pick('x', 'y')}`,
          address,
          attributes,
        });
      },
    },
    'change port': {
      run: ({ house, uuid, pick }) =>
        house.send(uuid, 'ChangePort', {
          uuid: `port-${pick('01', '02', '03')}-x`,
          changes: pick<object>({ address: addresses[0] }, { address: addresses[1] }, { description: 'd' }) as never,
        }),
    },
    'detach port': {
      run: ({ house, uuid, pick }) => house.send(uuid, 'DetachPort', { uuid: `port-${pick('01', '02', '03')}-x` }),
    },
    'attach VIF': { run: ask('AttachVif', { vif: { id: 'v1' } }, { vif: { id: 'v2' } }) },
    'detach VIF': { run: ask('DetachVif', { vif: 'v1' }) },
    raid: { run: ask('TargetRaidConfig', { config: { logical_disks: [] } }, { config: {} }) },
    manage: { weight: 4, run: ask('ManageNode', {}) },
    inspect: { run: ask('InspectNode', {}) },
    provide: { weight: 4, run: ask('ProvideNode', {}) },
    clean: {
      run: ask(
        'CleanNode',
        { steps: [{ interface: 'deploy', step: 'erase_devices' }, { step: 'hold' }] },
        {
          steps: [
            { interface: 'raid', step: 'create_configuration' },
            { step: 'wait', interface: 'deploy' },
          ],
        },
      ),
    },
    deploy: {
      weight: 4,
      run: ask(
        'DeployNode',
        {},
        { configdrive: { a: long } },
        { steps: [{ interface: 'deploy', step: 'hold', priority: 150 }] },
      ),
    },
    rebuild: { run: ask('DeployNode', { rebuild: true }) },
    undeploy: { weight: 2, run: ask('UndeployNode', {}) },
    adopt: { run: ask('AdoptNode', {}) },
    rescue: { run: ask('RescueNode', { rescuePassword: 'secret' as never }) },
    unrescue: { run: ask('UnrescueNode', {}) },
    service: {
      run: ask('ServiceNode', { steps: [{ interface: 'vendor', step: 'log_passthrough' }, { step: 'hold' }] }),
    },
    abort: { run: ask('AbortOperation', {}) },
    unhold: { run: ask('UnholdNode', {}) },
    power: { run: ask('ChangePower', { target: 'power on' }, { target: 'power off' }, { target: 'rebooting' }) },
    boot: { run: ask('SetBootDevice', { device: 'pxe', persistent: true }) },
    'boot mode': { run: ask('SetBootMode', { mode: 'uefi' }, { mode: 'bios' }) },
    console: { run: ask('SetConsole', { enabled: true }, { enabled: false }) },
    media: {
      run: ask('AttachVirtualMedia', { deviceType: 'cdrom', args: { device_type: 'cdrom', image_url: 'http://h/x' } }),
    },
    vendor: {
      run: ask('CallVendorPassthru', { method: 'third_method_sync', httpMethod: 'POST', args: { bar: 'woof' } }),
    },
    agent: { run: ask('IssueAgentToken', { token: 'secret' as never, boot: 'boot-1', address: '192.0.2.1' }) },
    connect: {
      run: ask('ConnectAgent', { callbackUrl: 'http://192.0.2.1', version: '9', verifyCa: null, tokenMatches: true }),
    },
    'conductor does one thing': { weight: 8, run: ({ conductor, uuid }) => conductor.step(uuid) },
    'conductor works': { weight: 12, run: ({ conductor, uuid }) => conductor.work(uuid) },
    'time passes': { weight: 3, run: ({ house, pick }) => house.clock.advance(pick(1, 1_000, 10_000)) },
    'power is seen': {
      run: async ({ house, conductor, uuid, pick }) => {
        const node = await house.node(uuid);
        if (node.tip)
          await conductor.report(node, 'ObservePower', {
            revision: node.revision,
            powerState: pick('power on', 'power off'),
          });
      },
    },
    'somebody else takes over': {
      run: async ({ house, conductor, uuid }) => {
        const node = await house.node(uuid);
        const { operation } = node;
        if (operation?.running)
          await conductor.report(node, 'BeginStep', {
            conductor: 'conductor-2',
            operation: operation.id,
            index: operation.index,
            again: true,
          });
      },
    },
    chassis: {
      run: ({ house, pick }) =>
        house.sendToChassis(
          chassis,
          pick(
            { type: 'CreateChassis', description: 'rack', extra: { a: 1 } },
            { type: 'ChangeChassis', changes: { description: 'row' } },
            { type: 'DeleteChassis', hasNodes: false },
          ),
        ),
    },
    register: {
      run: ({ house, pick }) =>
        house.conductors.handle(
          HOUSE_CONDUCTOR,
          {
            type: 'RegisterConductor',
            conductorGroup: pick('', 'rack-2'),
            hardwareTypes: ['fake-hardware'],
            manifest: {},
          },
          house.cause(),
        ),
    },
  };

/** The command behind a verb of the life cycle. */
const byVerb: Readonly<Partial<Record<Verb, string>>> = {
  abort: 'abort',
  adopt: 'adopt',
  clean: 'clean',
  delete: 'undeploy',
  deploy: 'deploy',
  inspect: 'inspect',
  manage: 'manage',
  provide: 'provide',
  rebuild: 'rebuild',
  rescue: 'rescue',
  service: 'service',
  unhold: 'unhold',
  unrescue: 'unrescue',
};

/** What brings the node further in its life, so that walks go far. */
const onwards = async (scene: Scene): Promise<unknown> => {
  const { house, conductor, uuid, pick } = scene;
  const node = await house.node(uuid);
  const work = workOf(node);
  if (!node.present) return moves.enrol!.run(scene);
  if (work?.kind === 'wait') {
    await house.clock.advance(10_000);
    return work.wait.expects === 'driver' ? conductor.work(uuid) : conductor.heartbeat(uuid);
  }
  if (work) return pick(true, false) ? conductor.work(uuid) : conductor.step(uuid);
  if (node.maintenance) return moves['clear maintenance']!.run(scene);
  const verbs = verbsOf(node.provisionState).filter(verb => byVerb[verb]);
  return moves[byVerb[pick(...verbs)!]!]?.run(scene);
};

export const anyHouseMoves = (minLength: number, maxLength = 2 * minLength): fc.Arbitrary<HouseMove[]> => {
  const name = fc.oneof(
    { weight: 60, arbitrary: fc.constant('onwards') },
    ...Object.entries(moves).map(([name, { weight = 1 }]) => ({ weight, arbitrary: fc.constant(name) })),
  );
  const node = fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.nat(houseNodes.length - 1) },
  );
  return fc.array(fc.record({ name, node, pick: fc.nat(59) }), { minLength, maxLength });
};

/** Makes the moves one after another. */
export const make = async (house: House, given: readonly HouseMove[]): Promise<void> => {
  const conductor = new HouseConductor(house);
  house.catalog.put({ host: 'conductor-2', conductorGroup: 'rack-2', manifests: house.drivers.manifests() });
  for (const { name, node, pick } of given) {
    const scene: Scene = {
      house,
      conductor,
      uuid: houseNodes[node]!,
      pick: (...values) => values[pick % values.length]!,
    };
    const made = (moves[name]?.run ?? onwards)(scene);
    // A locked node is waited for: nobody is there to free it.
    const answered = await house.within(
      4_000,
      made.then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    if (answered !== undefined && !(answered instanceof Problem)) throw answered;
  }
};
