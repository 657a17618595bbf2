import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DecisionSettings, Node, NodeCommandData, NodeCommandType, RecordedEvent } from '#domain';
import { foundBy, nodeStream } from '#domain';
import { LocalSignals, SqliteTelemetry } from '#telemetry';
import type { AgentBehaviour, NodeHandler } from '#testing';
import { FakeBootServices, FakeImages, House, HOUSE_CONDUCTOR, SimulatedAgent } from '#testing';
import { Limit } from './lanes.js';
import { NodeWorker } from './node-worker.js';
import { Performer } from './perform.js';
import { withdrawOrphans } from './withdraw-orphans.js';

const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';
const address = '52:54:00:00:00:01';
const sha256 = 'd2bd40b7d27139f52eeafc9244bd5197d6da14b3912a70f7b1b8ca5de4cb2e1a';
const image = {
  image_source: 'http://images.test/debian.raw',
  image_os_hash_algo: 'sha256',
  image_os_hash_value: sha256,
  image_disk_format: 'raw',
};

const clean = [
  { step: 'erase_devices', priority: 10, interface: 'deploy', reboot_requested: false, abortable: true },
  { step: 'erase_devices_metadata', priority: 99, interface: 'deploy', reboot_requested: false, abortable: true },
  { step: 'erase_pstore', priority: 0, interface: 'deploy', reboot_requested: false, abortable: true },
];
const stock: AgentBehaviour = {
  steps: {
    clean: { GenericHardwareManager: clean },
    deploy: { GenericHardwareManager: [{ step: 'write_image', priority: 0, interface: 'deploy' }] },
  },
};

class Killed extends Error {}

/** A node whose machine boots an agent, the conductor that works on it, and what the conductor serves. */
class Scene {
  readonly boot = new FakeBootServices();
  readonly images = new FakeImages();
  readonly house: House;
  readonly telemetry: SqliteTelemetry;
  worker: NodeWorker;

  constructor(
    readonly agent: SimulatedAgent,
    settings: Partial<DecisionSettings> = {},
  ) {
    this.house = new House({
      settings,
      booting: {
        boot: this.boot,
        images: this.images,
        apiUrl: 'http://api.test:6385',
        client: { attempts: 2, timeoutMs: 5_000 },
      },
    });
    this.telemetry = new SqliteTelemetry(this.house.folder.file('telemetry.sqlite'));
    this.worker = this.start();
  }

  /** A process of the conductor, which dies in place of its report number `reports`. */
  start(reports = Infinity): NodeWorker {
    const { house } = this;
    let left = reports;
    const dying: Pick<NodeHandler, 'handle' | 'repository'> = {
      repository: house.nodes.repository,
      handle: async (...given) => {
        if (left-- <= 0) throw new Killed();
        return house.nodes.handle(...given);
      },
    };
    const clock = { now: () => house.clock.now(), sleep: async () => undefined };
    this.worker = new NodeWorker({
      host: HOUSE_CONDUCTOR,
      nodes: dying as NodeHandler,
      performer: new Performer(house.drivers, house.content, clock, 1_000),
      clock: house.clock,
      settings: house.settings,
      telemetry: this.telemetry,
      signals: new LocalSignals(),
      mayAct: () => true,
      effects: new Limit(1),
      log: () => undefined,
    });
    return this.worker;
  }

  async available(attributes: object = {}): Promise<void> {
    await this.house.enrol(uuid, {
      deploy_interface: 'direct',
      boot_interface: 'ipxe',
      inspect_interface: 'agent',
      rescue_interface: 'agent',
      automated_clean: false,
      instance_info: image,
      driver_info: { deploy_kernel: 'http://images.test/kernel', deploy_ramdisk: 'http://images.test/ramdisk' },
      ...attributes,
    });
    await this.house.send(uuid, 'AttachPort', { uuid: 'port-1', address, attributes: {} });
    await this.ask('ManageNode', {});
    await this.ask('ProvideNode', {});
  }

  async ask<T extends NodeCommandType>(type: T, data: NodeCommandData<T>): Promise<Node> {
    await this.house.send(uuid, type, data);
    return this.work();
  }

  async work(): Promise<Node> {
    await this.worker.work(uuid);
    return this.node();
  }

  node(): Promise<Node> {
    return this.house.node(uuid);
  }

  /** The machine comes up in the ramdisk: the agent looks itself up and is heard. */
  async agentBoots(behaviour?: AgentBehaviour): Promise<Node> {
    this.agent.boot(behaviour);
    const token = 'a-token-of-32-characters-or-more!';
    await this.house.send(uuid, 'IssueAgentToken', {
      token: token as never,
      boot: `boot-${(await this.node()).revision}`,
      address: '127.0.0.1',
    });
    this.agent.token = token;
    await this.house.send(uuid, 'ConnectAgent', {
      callbackUrl: this.agent.url,
      version: '13.0.0',
      verifyCa: this.agent.certificate,
      tokenMatches: true,
    });
    return this.heartbeat();
  }

  async heartbeat(): Promise<Node> {
    this.worker.heard(uuid);
    return this.work();
  }

  async agentEnds(outcome: Parameters<SimulatedAgent['end']>[0] = {}): Promise<Node> {
    this.agent.end(outcome);
    return this.heartbeat();
  }

  async events(): Promise<readonly RecordedEvent[]> {
    return this.house.events.readStream(nodeStream(uuid));
  }

  async problem(): Promise<{ code: string; detail: string; hint?: string } | undefined> {
    const failed = (await this.events()).findLast(({ data }) => 'problem' in data);
    return (failed?.data as { problem?: { code: string; detail: string } } | undefined)?.problem;
  }

  /** Nothing of the ramdisk is left anywhere. */
  async isTidy(): Promise<boolean> {
    const { ramdisk, agent } = await this.node();
    return ramdisk === null && agent === null && this.boot.boots.size === 0 && this.images.provided.size === 0;
  }

  async close(): Promise<void> {
    this.worker.stop();
    this.telemetry.close();
    await this.house.close();
  }
}

describe('A conductor that drives an agent', () => {
  let agent: SimulatedAgent;
  let scene: Scene;

  beforeEach(async () => {
    agent = await SimulatedAgent.start(stock);
    scene = new Scene(agent);
  });
  afterEach(async () => {
    await scene.close();
    await agent.close();
  });

  describe('deploys an image', () => {
    beforeEach(() => scene.available());

    it('from the boot of the ramdisk to the first start of the instance', async () => {
      const waiting = await scene.ask('DeployNode', { configdrive: { meta_data: { name: 'vm' } } });
      expect(waiting).toMatchObject({
        provisionState: 'wait call-back',
        power: { state: 'power on' },
        boot: { device: null },
        reservation: null,
      });
      expect(scene.boot.boots.get(uuid)).toMatchObject({
        addresses: [address],
        method: 'ipxe',
        kernel: 'http://images.test/kernel',
        parameters: expect.arrayContaining(['ipa-api-url=http://api.test:6385']),
      });

      const writing = await scene.agentBoots();
      expect(writing.provisionState).toBe('wait call-back');
      const [write] = agent.given.filter(({ name }) => name === 'deploy.execute_deploy_step');
      expect(write!.params).toMatchObject({
        step: {
          step: 'write_image',
          args: {
            image_info: {
              id: 'debian.raw',
              urls: [image.image_source],
              os_hash_algo: 'sha256',
              os_hash_value: sha256,
              node_uuid: uuid,
            },
            configdrive: expect.stringMatching(/^H4sI/),
          },
        },
        node: { uuid, driver: 'fake-hardware', provision_state: 'deploying' },
        ports: [{ address }],
        deploy_version: { generic_hardware_manager: '1.2' },
      });

      await scene.agentEnds();
      expect(agent.running).toMatchObject({ name: 'image.install_bootloader', params: { target_boot_mode: 'uefi' } });
      const active = await scene.agentEnds();
      expect(active).toMatchObject({
        provisionState: 'active',
        power: { state: 'power on' },
        operation: null,
        lastError: null,
      });
      expect(agent.given.at(-1)!.name).toBe('standby.power_off');
      expect(await scene.isTidy()).toBe(true);
    });

    it('as a node that no secret of is told to the agent', async () => {
      await scene.house.send(uuid, 'PatchNode', {
        patch: [{ op: 'add', path: '/driver_info/fake_password', value: 'hush-hush' }],
      });
      await scene.ask('DeployNode', {});
      await scene.agentBoots();
      const told = JSON.stringify(agent.given);
      expect(told).toContain('deploy_kernel');
      expect(told).not.toContain('hush-hush');
      expect(told).not.toContain(agent.token);
      expect(JSON.stringify(await scene.events())).not.toContain(agent.token);
    });

    it('after BIOS machines only to the disk itself: their image brings its boot loader', async () => {
      await scene.house.send(uuid, 'PatchNode', {
        patch: [{ op: 'add', path: '/properties/capabilities', value: 'boot_mode:bios' }],
      });
      await scene.ask('DeployNode', {});
      await scene.agentBoots();
      expect((await scene.agentEnds()).provisionState).toBe('active');
      expect(agent.given.map(({ name }) => name)).not.toContain('image.install_bootloader');
    });

    it('with steps that only the agent knows, where they belong', async () => {
      await scene.ask('DeployNode', {
        steps: [{ interface: 'deploy', step: 'inject_files', priority: 70, args: { files: [] } }],
      });
      const files = { step: 'inject_files', priority: 0, interface: 'deploy' };
      const own = { step: 'burn_in', priority: 90, interface: 'deploy' };
      agent.become({ steps: { deploy: { A: [files], B: [own, { ...files, priority: 3 }] } } });
      const { operation } = await scene.agentBoots();
      expect(operation!.steps.map(({ step }) => step)).toEqual([
        'deploy',
        'burn_in',
        'write_image',
        'inject_files',
        'prepare_instance_boot',
        'tear_down_agent',
        'switch_to_tenant_network',
        'boot_instance',
      ]);
    });

    it('and fails where the agent lacks a step that was asked for', async () => {
      await scene.ask('DeployNode', { steps: [{ interface: 'deploy', step: 'nosuch', priority: 70 }] });
      expect((await scene.agentBoots()).provisionState).toBe('deploy failed');
      expect(await scene.problem()).toMatchObject({ code: 'step.unknown', detail: expect.stringContaining('nosuch') });
      expect(await scene.isTidy()).toBe(true);
    });

    it('not at all while the image is gone: the machine is not touched', async () => {
      await scene.house.send(uuid, 'PatchNode', {
        patch: [{ op: 'replace', path: '/instance_info/image_source', value: 'http://images.test/gone.raw' }],
      });
      const node = await scene.ask('DeployNode', {});
      expect(node.provisionState).toBe('deploy failed');
      expect(await scene.problem()).toMatchObject({ code: 'image.missing' });
      expect(await scene.isTidy()).toBe(true);
    });

    it.each([
      ['ImageChecksumError', 'image.checksum-wrong'],
      ['ImageDownloadFatalError', 'image.missing'],
      ['DeviceNotFound', 'disk.unsuitable'],
      ['SomethingElse', 'agent.command-failed'],
    ])('and says why the agent failed: %s is %s', async (type, code) => {
      await scene.ask('DeployNode', {});
      await scene.agentBoots();
      const node = await scene.agentEnds({ failed: { type, code: 500, message: 'It failed', details: 'in detail' } });
      expect(node).toMatchObject({ provisionState: 'deploy failed', power: { state: 'power off' } });
      expect(await scene.problem()).toMatchObject({ code, detail: expect.stringContaining('in detail') });
      expect(await scene.isTidy()).toBe(true);
    });

    it('later, when the agent is busy: the step is not failed and not given twice', async () => {
      await scene.ask('DeployNode', {});
      const busy = { id: 'x', name: 'log.collect', params: {}, status: 'RUNNING', error: null, result: null };
      await scene.agentBoots({ ...stock, given: [busy] });
      expect((await scene.node()).provisionState).toBe('wait call-back');
      await scene.agentEnds();
      expect(agent.steps).toEqual(['write_image']);
    });

    it('once, although the answer to the command is lost', async () => {
      await scene.ask('DeployNode', {});
      await scene.house.send(uuid, 'IssueAgentToken', {
        token: 'a-token-of-32-characters-or-more!' as never,
        boot: 'b',
        address: null,
      });
      agent.token = 'a-token-of-32-characters-or-more!';
      // Both the question for its steps and the step itself are taken, and nobody hears the answer.
      agent.cuts = 2;
      await scene.house.send(uuid, 'ConnectAgent', {
        callbackUrl: agent.url,
        version: '13',
        verifyCa: agent.certificate,
        tokenMatches: true,
      });
      await scene.heartbeat();
      expect(agent.steps).toEqual(['write_image']);
      await scene.agentEnds();
      expect((await scene.agentEnds()).provisionState).toBe('active');
    });

    it('and fails when the agent knows nothing of its step any more: it was started anew', async () => {
      await scene.ask('DeployNode', {});
      await scene.agentBoots();
      agent.given = [];
      expect((await scene.heartbeat()).provisionState).toBe('deploy failed');
      expect(await scene.problem()).toMatchObject({ code: 'agent.rebooted' });
      expect(await scene.isTidy()).toBe(true);
    });

    it('and fails when somebody answers in the agent’s place', async () => {
      await scene.ask('DeployNode', {});
      await scene.agentBoots();
      agent.token = 'another-token-of-32-characters-xx';
      expect((await scene.heartbeat()).provisionState).toBe('deploy failed');
      expect(await scene.problem()).toMatchObject({ code: 'agent.refused', detail: expect.stringContaining('token') });
    });

    it('and fails when the agent is not heard of in time', async () => {
      const node = await scene.ask('DeployNode', {});
      const { id, waiting } = node.operation!;
      await scene.house.send(uuid, 'TimeOutWait', { operation: id, revision: waiting!.revision });
      expect(await scene.work()).toMatchObject({ provisionState: 'deploy failed', power: { state: 'power off' } });
      expect(await scene.problem()).toMatchObject({ code: 'operation.timed-out' });
      expect(await scene.isTidy()).toBe(true);
    });

    it('until it is aborted: the machine is switched off and nothing is left', async () => {
      await scene.ask('DeployNode', {});
      const node = await scene.ask('AbortOperation', {});
      expect(node).toMatchObject({ provisionState: 'deploy failed', power: { state: 'power off' } });
      expect(await scene.isTidy()).toBe(true);
    });

    it('to its end although the conductor dies before each of its reports, and writes once', async () => {
      let deaths = 0;
      await scene.house.send(uuid, 'DeployNode', {});
      for (; deaths < 100; deaths++) {
        // To get on, a life takes the step up again, ends it, and dies with the next one begun, or waiting.
        scene.start(2 + (deaths % 2));
        if (await survives(scene)) break;
      }
      expect(await scene.node()).toMatchObject({ provisionState: 'active', power: { state: 'power on' } });
      expect(deaths).toBeGreaterThan(5);
      expect(agent.steps).toEqual(['write_image']);
      expect(await scene.isTidy()).toBe(true);
    });

    it('for an instance that is a ramdisk without writing anything', async () => {
      await scene.house.send(uuid, 'PatchNode', {
        patch: [
          { op: 'replace', path: '/deploy_interface', value: 'ramdisk' },
          {
            op: 'replace',
            path: '/instance_info',
            value: { kernel: 'http://images.test/k', ramdisk: 'http://images.test/r' },
          },
        ],
      });
      expect(await scene.ask('DeployNode', {})).toMatchObject({ provisionState: 'active' });
      expect(scene.boot.boots.get(uuid)).toMatchObject({ kernel: 'http://images.test/k' });
      await scene.ask('UndeployNode', {});
      expect(await scene.isTidy()).toBe(true);
    });
  });

  /** Plays machine and agent until the node has come to rest; answers whether the conductor lived to see it. */
  const survives = async (of: Scene): Promise<boolean> => {
    try {
      for (let rounds = 0; rounds < 50; rounds++) {
        const before = await of.work();
        if (!before.operation && !before.ramdisk) return true;
        if (!before.agent && before.operation?.waiting) await of.agentBoots();
        else if (agent.running) await of.agentEnds();
        else await of.heartbeat();
      }
      throw new Error('the node does not come to rest');
    } catch (error) {
      if (error instanceof Killed) return false;
      throw error;
    }
  };

  describe('cleans', () => {
    const provide = async (attributes: object = {}): Promise<Node> => {
      await scene.available({ automated_clean: false, ...attributes });
      await scene.ask('ManageNode', {});
      await scene.house.send(uuid, 'PatchNode', {
        patch: [{ op: 'replace', path: '/automated_clean', value: true }],
      });
      return scene.ask('ProvideNode', {});
    };

    it('by the steps that the agent has, the highest priority first', async () => {
      expect((await provide()).provisionState).toBe('clean wait');
      await scene.agentBoots();
      await scene.agentEnds();
      expect((await scene.agentEnds()).provisionState).toBe('available');
      expect(agent.steps).toEqual(['erase_devices_metadata', 'erase_devices']);
      expect(await scene.node()).toMatchObject({ power: { state: 'power off' } });
      expect(await scene.isTidy()).toBe(true);
    });

    it('with the priorities that the configuration gives', async () => {
      await scene.close();
      scene = new Scene(agent, { agentStepPriorities: { 'deploy.erase_devices': 0 } });
      await provide();
      await scene.agentBoots();
      expect((await scene.agentEnds()).provisionState).toBe('available');
      expect(agent.steps).toEqual(['erase_devices_metadata']);
    });

    it('anew from the start when the agent’s hardware managers became others', async () => {
      await provide();
      await scene.agentBoots();
      agent.become({ ...stock, version: { generic_hardware_manager: '2.0' } });
      // The second step finds the new version, and all begins again.
      await scene.agentEnds();
      await scene.heartbeat();
      await scene.agentEnds();
      expect((await scene.agentEnds()).provisionState).toBe('available');
      expect(agent.steps).toEqual([
        'erase_devices_metadata',
        'erase_devices',
        'erase_devices_metadata',
        'erase_devices',
      ]);
      expect(await scene.house.typesOf(uuid)).toContain('AgentStepsRead');
    });

    it('and starts the machine anew where a step wants it', async () => {
      await provide();
      const [erase, metadata] = clean;
      await scene.agentBoots({
        steps: { clean: { A: [erase!, { ...metadata!, reboot_requested: true }] } },
      });
      const rebooting = await scene.agentEnds();
      expect(rebooting).toMatchObject({ provisionState: 'clean wait', agent: null });
      await scene.agentBoots();
      expect((await scene.agentEnds()).provisionState).toBe('available');
    });

    it('by hand the steps that were asked for, those of the agent among them', async () => {
      await scene.available();
      await scene.ask('ManageNode', {});
      await scene.ask('CleanNode', { steps: [{ interface: 'deploy', step: 'erase_pstore' }] });
      await scene.agentBoots();
      expect((await scene.agentEnds()).provisionState).toBe('manageable');
      expect(agent.steps).toEqual(['erase_pstore']);
      expect(await scene.isTidy()).toBe(true);
    });

    it('not by a step that the agent does not have', async () => {
      await scene.available();
      await scene.ask('ManageNode', {});
      await scene.ask('CleanNode', { steps: [{ interface: 'deploy', step: 'nosuch' }] });
      expect((await scene.agentBoots()).provisionState).toBe('clean failed');
      expect(await scene.problem()).toMatchObject({ code: 'step.unknown' });
      expect(await scene.isTidy()).toBe(true);
    });

    it('to its end although the conductor dies before each of its reports, and erases once', async () => {
      await provide();
      for (let deaths = 0; deaths < 100; deaths++) {
        scene.start(2 + (deaths % 2));
        if (await survives(scene)) break;
      }
      expect((await scene.node()).provisionState).toBe('available');
      expect(agent.steps).toEqual(['erase_devices_metadata', 'erase_devices']);
      expect(await scene.isTidy()).toBe(true);
    });

    it('until an erasing fails: the machine is left on to be looked at, and boots nothing from here', async () => {
      await provide();
      await scene.agentBoots();
      const node = await scene.agentEnds({ failed: { type: 'BlockDeviceEraseError', message: 'no' } });
      expect(node).toMatchObject({
        provisionState: 'clean failed',
        fault: 'clean failure',
        power: { state: 'power on' },
      });
      expect(await scene.isTidy()).toBe(true);
    });
  });

  describe('inspects', () => {
    const inventory = {
      interfaces: [
        { name: 'eth0', mac_address: address, ipv4_address: '192.0.2.7' },
        { name: 'eth1', mac_address: '52:54:00:00:00:02', ipv4_address: null },
      ],
      cpu: { architecture: 'x86_64', count: 8 },
      boot: { pxe_interface: address, current_boot_mode: 'uefi' },
    };
    const callBack = async (error: string | null = null): Promise<Node> => {
      const found = foundBy(inventory, 'all');
      const content = { inventory, plugin_data: {} };
      await scene.house.send(uuid, 'ContinueInspection', {
        inventory: content,
        found,
        error,
        portIds: ['port-a', 'port-b'],
      });
      return scene.work();
    };

    beforeEach(async () => {
      await scene.available();
      await scene.ask('ManageNode', {});
    });

    it('by a ramdisk that calls back with what it found', async () => {
      expect(await scene.ask('InspectNode', {})).toMatchObject({
        provisionState: 'inspect wait',
        power: { state: 'power on' },
      });
      expect(scene.boot.boots.get(uuid)!.parameters).toContain(
        'ipa-inspection-callback-url=http://api.test:6385/v1/continue_inspection',
      );
      const node = await callBack();
      expect(node).toMatchObject({
        provisionState: 'manageable',
        power: { state: 'power off' },
        attributes: { properties: { cpu_arch: 'x86_64' } },
      });
      expect(Object.values(node.ports).map(({ address, attributes }) => [address, attributes.pxe_enabled])).toEqual([
        [address, true],
        ['52:54:00:00:00:02', false],
      ]);
      expect(await scene.house.content.plain(node.inventory!)).toMatchObject({ inventory: { cpu: { count: 8 } } });
      expect(await scene.isTidy()).toBe(true);
    });

    it('and fails where the ramdisk says so', async () => {
      await scene.ask('InspectNode', {});
      expect(await callBack('no disks')).toMatchObject({
        provisionState: 'inspect failed',
        lastError: expect.stringContaining('no disks'),
        power: { state: 'power off' },
      });
      expect(await scene.isTidy()).toBe(true);
    });

    it('and takes nothing that nobody waits for', async () => {
      await expect(callBack()).rejects.toMatchObject({ details: { code: 'agent.unexpected' } });
    });

    it('until it is aborted', async () => {
      await scene.ask('InspectNode', {});
      expect(await scene.ask('AbortOperation', {})).toMatchObject({ provisionState: 'inspect failed' });
      expect(await scene.isTidy()).toBe(true);
    });
  });

  describe('on an active node', () => {
    beforeEach(async () => {
      await scene.available({
        driver_info: {
          deploy_kernel: 'http://images.test/kernel',
          deploy_ramdisk: 'http://images.test/ramdisk',
          rescue_kernel: 'http://images.test/rescue-kernel',
          rescue_ramdisk: 'http://images.test/rescue-ramdisk',
        },
      });
      await scene.ask('DeployNode', {});
      await scene.agentBoots();
      await scene.agentEnds();
      expect((await scene.agentEnds()).provisionState).toBe('active');
    });

    it('rescues with a password that only its hash of is told, and gives the instance back', async () => {
      await scene.ask('RescueNode', { rescuePassword: 'correct horse' as never });
      expect(scene.boot.boots.get(uuid)).toMatchObject({ kernel: 'http://images.test/rescue-kernel' });
      expect((await scene.agentBoots()).provisionState).toBe('rescue');
      expect(agent.given.at(-1)).toMatchObject({
        name: 'rescue.finalize_rescue',
        params: { hashed: true, rescue_password: expect.stringMatching(/^\$5\$/) },
      });
      expect(await scene.isTidy()).toBe(true);
      expect(await scene.ask('UnrescueNode', {})).toMatchObject({
        provisionState: 'active',
        power: { state: 'power on' },
      });
      expect(await scene.isTidy()).toBe(true);
    });

    it('runs the service steps of its agent, and gives the instance back', async () => {
      await scene.ask('ServiceNode', { steps: [{ interface: 'deploy', step: 'burnin_cpu' }] });
      const burnin = { step: 'burnin_cpu', priority: 0, interface: 'deploy' };
      await scene.agentBoots({ steps: { service: { GenericHardwareManager: [burnin] } } });
      expect(agent.steps).toEqual(['burnin_cpu']);
      expect(await scene.agentEnds()).toMatchObject({ provisionState: 'active', power: { state: 'power on' } });
      expect(await scene.isTidy()).toBe(true);
    });

    it('is torn down, and cleaned by its agent', async () => {
      await scene.house.send(uuid, 'PatchNode', { patch: [{ op: 'replace', path: '/automated_clean', value: true }] });
      expect((await scene.ask('UndeployNode', {})).provisionState).toBe('clean wait');
      await scene.agentBoots(stock);
      await scene.agentEnds();
      expect((await scene.agentEnds()).provisionState).toBe('available');
      expect(await scene.isTidy()).toBe(true);
    });
  });

  it('withdraws when it starts what machines boot no more, and nothing else', async () => {
    await scene.available();
    await scene.ask('DeployNode', {});
    const gone = 'bbbbbbbb-0000-4000-8000-000000000000';
    await scene.boot.prepare({ ...scene.boot.boots.get(uuid)!, nodeId: gone });
    await withdrawOrphans(scene.boot, scene.house.nodes.repository);
    expect(await scene.boot.prepared()).toEqual([uuid]);
    await scene.house.send(uuid, 'AbortOperation', {});
    // The conductor died before it had removed the ramdisk.
    await withdrawOrphans(scene.boot, scene.house.nodes.repository);
    expect(await scene.boot.prepared()).toEqual([uuid]);
    scene.start();
    await scene.work();
    expect(await scene.isTidy()).toBe(true);
  });
});
