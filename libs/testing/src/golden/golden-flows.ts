import { causedBy, uuidV5 } from '#command-handler';
import type { NodeCommandData, NodeCommandType, OperationFamily, WebhookCommand } from '#domain';
import { nodeStream, webhookKeySubject } from '#domain';
import { HOUSE_CONDUCTOR } from '../house.js';
import { diesAfter, OneAfterAnother } from '../one-after-another.js';
import type { GoldenScene } from './golden-scene.js';

/** What happened to some machines: run once to be recorded, kept for ever to be folded. */
export interface GoldenFlow {
  readonly name: string;
  readonly about: string;
  readonly run: (scene: GoldenScene) => Promise<void>;
}

type Asked<T extends NodeCommandType = NodeCommandType> = { readonly [K in T]: readonly [K, NodeCommandData<K>] }[T];
type Start = Parameters<GoldenScene['enrolIn']>[0];

const erase = { interface: 'deploy', step: 'erase_devices' };
const eraseMetadata = { interface: 'deploy', step: 'erase_devices_metadata' };
const bios = {
  interface: 'bios',
  step: 'apply_configuration',
  args: { settings: [{ name: 'BootMode', value: 'Bios' }] },
};
const hold = { step: 'hold', interface: 'deploy' };

/** How each family begins, where from, and with a step that may not be aborted where it has any. */
const families: Readonly<
  Record<
    OperationFamily,
    { readonly from: Start; readonly ask: Asked; readonly stubborn?: Asked; readonly holding?: Asked }
  >
> = {
  Verification: { from: 'enroll', ask: ['ManageNode', {}] },
  Inspection: { from: 'manageable', ask: ['InspectNode', {}] },
  Cleaning: {
    from: 'manageable',
    ask: ['CleanNode', { steps: [eraseMetadata] }],
    stubborn: ['CleanNode', { steps: [erase] }],
    holding: ['CleanNode', { steps: [hold, eraseMetadata] }],
  },
  Deployment: {
    from: 'available',
    ask: ['DeployNode', {}],
    stubborn: ['DeployNode', { steps: [{ ...bios, priority: 150 }] }],
    holding: ['DeployNode', { steps: [{ ...hold, priority: 150 }] }],
  },
  Teardown: { from: 'active', ask: ['UndeployNode', {}] },
  Adoption: { from: 'manageable', ask: ['AdoptNode', {}] },
  Rescue: { from: 'active', ask: ['RescueNode', { rescuePassword: 'secret' as never }] },
  Unrescue: { from: 'rescue', ask: ['UnrescueNode', {}] },
  Service: {
    from: 'active',
    ask: ['ServiceNode', { steps: [{ interface: 'vendor', step: 'log_passthrough' }] }],
    stubborn: ['ServiceNode', { steps: [bios] }],
    holding: ['ServiceNode', { steps: [hold, { interface: 'vendor', step: 'log_passthrough' }] }],
  },
};
const waiting: readonly OperationFamily[] = ['Inspection', 'Cleaning', 'Deployment', 'Rescue', 'Service'];

/** Every way in which a run of the family can end, each on a node of its own. */
const everyEndOf = (family: OperationFamily): GoldenFlow => ({
  name: `${family.toLowerCase()}-ends`,
  about: `Every end that a ${family.toLowerCase()} can come to: done, failed in a step and outside, lost, timed out, aborted.`,
  run: async scene => {
    const { from, ask, stubborn, holding } = families[family];
    const start = async (asked: Asked = ask) => {
      await scene.enrolIn(from);
      await scene.ask(asked[0], asked[1] as never);
    };
    await start();
    await scene.work();
    for (const end of ['failStep', 'failOperation', 'loseStep'] as const) {
      await start();
      await scene.begin();
      await scene[end]();
    }
    if (waiting.includes(family)) {
      await start();
      await scene.begin();
      await scene.wait();
      await scene.complete();
      await scene.work();
      await start();
      await scene.begin();
      await scene.wait();
      await scene.timeOut();
      await start(family === 'Service' ? holding : ask);
      await scene.begin();
      if (family !== 'Service') await scene.wait();
      await scene.ask('AbortOperation', {});
    }
    if (stubborn) {
      await start(stubborn);
      await scene.begin();
      await scene.wait();
      await scene.ask('AbortOperation', {});
      await scene.complete();
    }
    if (holding) {
      await start(holding);
      await scene.begin();
      await scene.ask('UnholdNode', {});
      await scene.work();
    }
  },
});

const actions: readonly Asked[] = [
  ['ChangePower', { target: 'power on' }],
  ['SetBootDevice', { device: 'disk', persistent: true }],
  ['SetBootMode', { mode: 'uefi' }],
  ['SetSecureBoot', { state: true }],
  ['InjectNmi', {}],
  ['SetIndicator', { component: 'system', indicator: 'led', state: 'on' }],
  ['SetConsole', { enabled: true }],
  [
    'AttachVirtualMedia',
    { deviceType: 'cdrom', args: { device_type: 'cdrom', image_url: 'http://192.0.2.9/boot.iso' } },
  ],
  [
    'CallVendorPassthru',
    { method: 'second_method', httpMethod: 'POST', args: { password: 'secret', note: 'not one' } },
  ],
];

export const goldenFlows: readonly GoldenFlow[] = [
  {
    name: 'a-machine-from-enrolment-to-its-next-instance',
    about:
      'Enrolled, verified, inspected, cleaned, deployed with a config drive, rebuilt, undeployed, and available again.',
    run: async scene => {
      await scene.enrol({
        name: 'node-1',
        driver_info: { fake_address: '192.0.2.1', fake_password: 'secret', unknown: 'sealed, too' },
        properties: { memory_mb: 4096 },
        extra: { big: 'x'.repeat(3_000), small: ['ü', null, 1] },
        resource_class: 'large',
      });
      await scene.ask('AttachPort', { uuid: 'p1', address: '52:54:00:00:00:01', attributes: { name: 'eth0' } });
      await scene.do('ManageNode', {});
      await scene.do('InspectNode', {});
      await scene.do('ProvideNode', {});
      await scene.ask('PatchNode', {
        patch: [
          { op: 'add', path: '/instance_uuid', value: '99999999-aaaa-4000-8000-000000000000' },
          {
            op: 'add',
            path: '/instance_info',
            value: { image_source: 'http://192.0.2.9/i', display_name: 'web', root_password: 'secret' },
          },
        ],
      });
      await scene.ask('AttachVif', { vif: { id: 'vif-1' } });
      await scene.do('DeployNode', { configdrive: { meta_data: { uuid: 'u' } }, steps: [{ ...bios, priority: 60 }] });
      await scene.do('DeployNode', { rebuild: true });
      await scene.do('UndeployNode', {});
    },
  },
  {
    name: 'a-deployment-that-fails-and-is-tried-again',
    about: 'The fake machine is told to fail; told otherwise, it is deployed. Then tear-down fails and is repeated.',
    run: async scene => {
      await scene.enrol({ driver_info: { fake_deploy_fail: 'deploy' } }, 'available');
      await scene.do('DeployNode', {});
      const knob = (value: string | undefined) =>
        scene.ask('PatchNode', {
          patch: [
            value === undefined
              ? { op: 'remove', path: '/driver_info/fake_deploy_fail' }
              : { op: 'add', path: '/driver_info/fake_deploy_fail', value },
          ],
        });
      await knob(undefined);
      await scene.do('DeployNode', {});
      await knob('tear_down');
      await scene.do('UndeployNode', {});
      await knob(undefined);
      await scene.do('UndeployNode', {});
    },
  },
  {
    name: 'cleaning-by-hand-with-holds',
    about: 'Held and released, waiting for a heartbeat, a step that is not known, one that fails and leaves a fault.',
    run: async scene => {
      await scene.enrolIn('manageable');
      await scene.do('CleanNode', {
        steps: [eraseMetadata, hold, { step: 'wait', interface: 'deploy' }, erase],
        disableRamdisk: true,
      });
      await scene.do('UnholdNode', {});
      await scene.conductor.heartbeat(scene.uuid);
      await scene.ask('CleanNode', { steps: [{ interface: 'deploy', step: 'no_such_step' }] });
      await scene.ask('ManageNode', {});
      await scene.ask('PatchNode', { patch: [{ op: 'add', path: '/driver_info/fake_raid_fail', value: '*' }] });
      await scene.ask('TargetRaidConfig', { config: { logical_disks: [{ size_gb: 100, raid_level: '1' }] } });
      await scene.do('CleanNode', { steps: [{ interface: 'raid', step: 'create_configuration' }] });
      await scene.ask('ClearMaintenance', {});
      await scene.ask('ManageNode', {});
    },
  },
  {
    name: 'an-inspection-that-waits',
    about: 'The driver goes on by itself and is asked until it is done.',
    run: async scene => {
      await scene.enrolIn('manageable', { driver_info: { fake_inspect_wait: 30 } });
      await scene.do('InspectNode', {});
      await scene.house.clock.advance(30_000);
      await scene.work();
    },
  },
  {
    name: 'a-conductor-dies-and-another-takes-over',
    about: 'Steps are taken up again under new claims, confirmed by a reading, or lost; a stale report is void.',
    run: async scene => {
      await scene.enrolIn('manageable');
      await scene.ask('CleanNode', { steps: [erase, eraseMetadata] });
      await scene.begin();
      const stale = await scene.intent();
      await scene.report('ConfirmStep', { ...stale, conductor: 'conductor-2' });
      await scene.report('CompleteStep', { ...stale, result: {} });
      const { operation } = await scene.node();
      await scene.report('BeginStep', { conductor: HOUSE_CONDUCTOR, operation: operation!.id, index: 1, again: true });
      await scene.work();
    },
  },
  {
    name: 'ports-virtual-interfaces-and-traits',
    about: 'Attached, changed and detached; traits set, added and removed.',
    run: async scene => {
      await scene.enrolIn('manageable');
      await scene.ask('AttachPort', { uuid: 'p1', address: '52:54:00:00:00:01', attributes: { pxe_enabled: false } });
      await scene.ask('AttachPort', { uuid: 'p2', address: '52:54:00:00:00:02', attributes: { extra: { slot: 2 } } });
      await scene.ask('ChangePort', { uuid: 'p1', changes: { address: '52:54:00:00:00:03', name: 'eth1' } });
      await scene.ask('AttachVif', { vif: { id: 'vif-1' } });
      await scene.ask('AttachVif', { vif: { id: 'vif-2', port_uuid: 'p1' } });
      await scene.ask('DetachVif', { vif: 'vif-1' });
      await scene.ask('DetachPort', { uuid: 'p2' });
      await scene.ask('SetTraits', { traits: ['HW_B', 'CUSTOM_A'] });
      await scene.ask('AddTrait', { trait: 'CUSTOM_C' });
      await scene.ask('RemoveTrait', { trait: 'HW_B' });
    },
  },
  {
    name: 'a-name-that-moves-on',
    about:
      'Renamed, deleted and enrolled again under the same uuid; the name goes to another machine, and a claim on it lapses.',
    run: async scene => {
      await scene.enrol({
        name: 'one',
        instance_uuid: '99999999-aaaa-4000-8000-000000000000',
        driver_info: { password: 'secret' },
      });
      await scene.ask('PatchNode', { patch: [{ op: 'replace', path: '/name', value: 'two' }] });
      await scene.ask('PatchNode', { patch: [{ op: 'remove', path: '/instance_uuid' }] });
      await scene.ask('DeleteNode', {});
      await scene.ask('EnrolNode', { attributes: { driver: 'fake-hardware', name: 'one' }, provisionState: 'enroll' });
      await scene.do('ManageNode', {});
      const dying = new OneAfterAnother(scene.house.events);
      dying.interference = diesAfter(1);
      const rename = { patch: [{ op: 'replace' as const, path: '/name', value: 'three' }] };
      await scene.house
        .send(scene.uuid, 'PatchNode', rename, { by: scene.house.process(dying) })
        .catch(() => undefined);
      const other = scene.house.enrol('99999999-bbbb-4000-8000-000000000000', { name: 'three' });
      await scene.house.within(10_000, other);
    },
  },
  {
    name: 'every-change-of-the-hardware',
    about: 'Each kind of change is done, fails, and comes too late.',
    run: async scene => {
      for (const [type, data] of actions) {
        await scene.enrolIn('manageable');
        await scene.do(type, data as never);
        if (type === 'SetConsole') await scene.do('SetConsole', { enabled: false });
        await scene.ask(type, data as never);
        await scene.begin();
        await scene.failAction();
        await scene.ask(type, data as never);
        await scene.house.clock.advance(120_000);
        await scene.work();
      }
      await scene.do('ChangePower', { target: 'power off' });
      await scene.do('ChangePower', { target: 'rebooting' });
    },
  },
  {
    name: 'what-is-seen-of-a-machine',
    about: 'Power and boot state read by the way, power that cannot be read, and can be again.',
    run: async scene => {
      await scene.enrolIn('manageable');
      const seen = async () => ({ revision: (await scene.node()).revision });
      await scene.report('ObservePower', { ...(await seen()), powerState: 'power on' });
      await scene.report('ObserveBoot', { ...(await seen()), bootMode: 'uefi', secureBoot: false });
      const problem = { code: 'hardware.failed' as const, title: 'No answer', detail: 'the BMC does not answer' };
      await scene.report('ReportPowerFault', { ...(await seen()), powerState: null, problem });
      await scene.report('RecoverPower', { ...(await seen()), powerState: 'power off' });
    },
  },
  {
    name: 'flags-of-a-machine',
    about: 'Maintenance, protection and retirement, with reasons and without.',
    run: async scene => {
      await scene.enrolIn('active');
      const patch = (...patch: NodeCommandData<'PatchNode'>['patch']) => scene.ask('PatchNode', { patch });
      await patch(
        { op: 'add', path: '/protected', value: true },
        { op: 'add', path: '/protected_reason', value: 'in use' },
      );
      await scene.refused('UndeployNode', {}, 'node.protected');
      await patch({ op: 'remove', path: '/protected' });
      await patch({ op: 'add', path: '/retired', value: true }, { op: 'add', path: '/retired_reason', value: 'old' });
      await patch({ op: 'replace', path: '/retired', value: false });
      await scene.ask('SetMaintenance', { reason: 'bad DIMM' });
      await scene.ask('SetMaintenance', { reason: null });
      await scene.ask('ClearMaintenance', {});
      await patch({ op: 'add', path: '/description', value: 'third rack' }, { op: 'add', path: '/owner', value: null });
    },
  },
  {
    name: 'an-agent-boots-and-calls',
    about: 'It is given its token, asks again before its first heartbeat, and connects; a power-off takes it away.',
    run: async scene => {
      await scene.enrolIn('manageable');
      await scene.ask('CleanNode', { steps: [eraseMetadata] });
      await scene.begin();
      await scene.wait();
      const boot = (boot: string) =>
        scene.ask('IssueAgentToken', { token: `secret of ${boot}` as never, boot, address: '192.0.2.1' });
      await boot('boot-1');
      await boot('boot-2');
      const call = {
        callbackUrl: 'https://192.0.2.1:9999',
        version: '10.1.0',
        verifyCa: 'CERTIFICATE',
        tokenMatches: true,
      };
      await scene.ask('ConnectAgent', call);
      await scene.complete();
      await scene.work();
      await scene.report('ObservePower', { revision: (await scene.node()).revision, powerState: 'power off' });
    },
  },
  {
    name: 'a-machine-moves-to-another-group',
    about: 'Its conductor group and driver interfaces change; its events carry where its work went before.',
    run: async scene => {
      scene.house.catalog.put({
        host: 'conductor-2',
        conductorGroup: 'rack-2',
        manifests: scene.house.drivers.manifests(),
      });
      await scene.enrolIn('manageable');
      await scene.ask('PatchNode', {
        patch: [
          { op: 'add', path: '/conductor_group', value: 'Rack-2' },
          { op: 'add', path: '/raid_interface', value: 'no-raid' },
        ],
      });
      await scene.do('AdoptNode', {});
    },
  },
  {
    name: 'webhooks',
    about: 'A webhook that is set, fails, gives up, is told to begin again and ends.',
    run: async scene => {
      const uuid = 'eeeeeeee-0000-4000-8000-000000000000';
      const send = async (command: WebhookCommand, cause = scene.house.cause()) =>
        (await scene.house.webhooks.handle(uuid, command, cause)).state;
      await scene.enrol();
      const [event] = await scene.house.events.readStream(nodeStream(scene.uuid));
      const secret = () => scene.house.content.seal(webhookKeySubject(uuid), 'secret');
      const filter = { node: [scene.uuid], type: ['Node'], stream: [] };
      const url = 'https://receiver.example/hook';
      await send({ type: 'CreateWebhook', url, filter, secret: await secret(), enabled: true, from: 0 });
      const report = (command: WebhookCommand, id: string) =>
        send(command, causedBy(event!, uuidV5(event!.id, id), { kind: 'system', id: 'webhooks' }));
      const letter = {
        position: event!.position,
        after: 0,
        event: event!.id,
        type: event!.type,
        stream: event!.stream,
        attempts: 30,
        since: scene.now(),
        reason: 'the receiver answered 500',
      };
      const { settingsRevision } = await report({ type: 'GiveUpOnEvent', fromRevision: 0, letter }, 'letter');
      await report({ type: 'GiveUpOnWebhook', settingsRevision, reason: 'the receiver answered 410' }, 'webhook');
      const changes = { secret: await secret(), url: `${url}/2`, enabled: true };
      await send({ type: 'ChangeWebhook', changes });
      await send({ type: 'ReplayToWebhook', from: 0 });
      await scene.house.webhooks.handle(
        'ffffffff-0000-4000-8000-000000000000',
        {
          type: 'CreateWebhook',
          url,
          filter: { node: [], type: [], stream: [] },
          secret: await secret(),
          enabled: false,
          from: 3,
        },
        scene.house.cause(),
      );
      await send({ type: 'DeleteWebhook' });
    },
  },
  {
    name: 'chassis-conductors-and-keys',
    about: 'The streams beside those of nodes.',
    run: async scene => {
      const chassis = 'dddddddd-0000-4000-8000-000000000000';
      await scene.house.sendToChassis(chassis, { type: 'CreateChassis', description: 'rack 1', extra: { row: 3 } });
      await scene.house.sendToChassis(chassis, { type: 'ChangeChassis', changes: { description: null } });
      await scene.house.sendToChassis(chassis, { type: 'DeleteChassis', hasNodes: false });
      await scene.house.sendToChassis(chassis, { type: 'CreateChassis', description: 'again', extra: {} });
      for (const conductorGroup of ['', 'rack-2'])
        await scene.house.conductors.handle(
          HOUSE_CONDUCTOR,
          {
            type: 'RegisterConductor',
            conductorGroup,
            hardwareTypes: ['fake-hardware'],
            manifest: { $blob: '0'.repeat(64), sizeBytes: 1 },
          },
          scene.house.cause(),
        );
      await scene.enrol();
      const keyed = (key: string) => ({
        cause: scene.house.cause({ idempotency: { key, digest: `digest of ${key}` } }),
      });
      for (const key of ['key-1', 'key-2'])
        await scene.house.send(scene.uuid, 'SetMaintenance', { reason: 'x' }, keyed(key));
    },
  },
  ...(Object.keys(families) as OperationFamily[]).map(everyEndOf),
];

/** Types that no golden stream can have, and why. */
export const typesThatNobodyWrites: Readonly<Record<string, string>> = Object.fromEntries(
  ['AgentStepsRead', 'CleaningPlanned', 'DeploymentPlanned', 'RamdiskRemoved', 'ServicePlanned'].map(type => [
    type,
    'fake machines boot no ramdisk',
  ]),
);
