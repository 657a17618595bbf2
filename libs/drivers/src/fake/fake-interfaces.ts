import type { Bag, InterfaceType, Node, StepManifest } from '#domain';
import { powerTargets } from '#domain';
import type { ActionOutcome, Effect, Implementation } from '../hardware-type.js';
import { fakeInventory } from './fake-inventory.js';
import { knobProperties, obeyKnobs } from './fake-knobs.js';
import type { FakeMemory } from './fake-machine.js';
import { fakeStep, fakeStepAtOnce, fakeStepOnce } from './fake-steps.js';

// The interfaces of a machine that is not there. Like Ironic's fakes they echo what is recorded about the node.

const fake = (type: InterfaceType, rest: Omit<Implementation, 'name'> = {}): Implementation => ({
  name: 'fake',
  ...rest,
  properties: { ...knobProperties(type), ...rest.properties },
});

const action =
  (type: InterfaceType, name: string, outcome: (effect: Effect) => ActionOutcome = () => ({})) =>
  async (effect: Effect): Promise<ActionOutcome> => {
    await obeyKnobs(type, name, effect);
    return outcome(effect);
  };

const step = (name: string, priority: number, rest: Partial<StepManifest> = {}): StepManifest => ({
  step: name,
  priority,
  effect: 'idempotent',
  requiresRamdisk: false,
  ...rest,
});

export const fakePower = fake('power', {
  supports: { targets: Object.keys(powerTargets) },
  steps: {
    core: [
      fakeStepAtOnce('power', step('get_power_state', 0), ({ node }) => ({
        ...(node.power.state !== null && { powerState: node.power.state }),
        ...(!node.biosSettings && { biosSettings: { settings: fakeBiosSettings() } }),
        ...(node.firmware.length === 0 && { firmware: fakeFirmware }),
      })),
    ],
  },
  actions: {
    set_power_state: action('power', 'set_power_state', ({ args }) => ({
      powerState: powerTargets[args.target as string]!,
    })),
  },
  reads: { get_power_state: async ({ node }) => node.power.state },
});

export const fakeBoot = fake('boot');

export const fakeManagement = fake('management', {
  supports: {
    'boot devices': ['pxe', 'disk', 'cdrom', 'bios', 'safe'],
    'boot modes': ['bios', 'uefi'],
    'secure boot': ['true', 'false'],
    nmi: ['inject'],
    indicators: ['led@system'],
    'virtual media': ['cdrom', 'disk', 'floppy'],
  },
  actions: {
    set_boot_device: action('management', 'set_boot_device'),
    set_boot_mode: action('management', 'set_boot_mode', ({ args }) => ({ bootMode: args.mode as string })),
    set_secure_boot_state: action('management', 'set_secure_boot_state', ({ args }) => ({
      secureBoot: args.state as boolean,
    })),
    inject_nmi: action('management', 'inject_nmi'),
    set_indicator_state: action('management', 'set_indicator_state'),
    attach_virtual_media: action('management', 'attach_virtual_media', ({ node, args }) => ({
      virtualMedia: [
        ...node.virtualMedia.filter(({ device_type }) => device_type !== args.device_type),
        {
          device_type: args.device_type,
          media_types: mediaTypes[args.device_type as string],
          inserted: true,
          image: args.image_url,
        },
      ],
    })),
    detach_virtual_media: action('management', 'detach_virtual_media', ({ node, args }) => ({
      virtualMedia: node.virtualMedia.filter(
        ({ device_type }) => !(args.device_types as string[]).includes(device_type as string),
      ),
    })),
  },
  reads: {
    get_boot_device: async ({ node }) => ({ boot_device: node.boot.device ?? 'pxe', persistent: node.boot.persistent }),
    get_indicators: async () => [
      { component: 'chassis', indicator: 'led-0', readonly: true, states: ['off', 'on'] },
      { component: 'system', indicator: 'led', readonly: false, states: ['blinking', 'off', 'on'] },
    ],
    get_indicator_state: async () => 'on',
    get_sensors_data: async () => ({}),
  },
});

const mediaTypes: Readonly<Record<string, readonly string[]>> = {
  cdrom: ['CD', 'DVD'],
  disk: ['USBStick'],
  floppy: ['Floppy'],
};

export const fakeDeploy = fake('deploy', {
  steps: {
    core: [fakeStepAtOnce('deploy', step('tear_down', 0)), fakeStepAtOnce('deploy', step('take_over', 0))],
    deploy: [fakeStep('deploy', step('deploy', 100, { abortable: true, destructive: true }))],
  },
});

/** With steps that destroy, for cleaning by hand. */
export const fakeDeployWithErase = (memory: FakeMemory): Implementation => ({
  ...fakeDeploy,
  steps: {
    ...fakeDeploy.steps,
    clean: [
      fakeStepOnce('deploy', { step: 'erase_devices', priority: 0, requiresRamdisk: false }, memory),
      fakeStepOnce(
        'deploy',
        { step: 'erase_devices_metadata', priority: 0, abortable: true, requiresRamdisk: false },
        memory,
      ),
    ],
  },
});

export const fakeInspect = fake('inspect', {
  steps: { core: [fakeStep('inspect', step('inspect_hardware', 0), ({ node }) => fakeInventory(node))] },
});

export const fakeRescue = fake('rescue', {
  steps: { core: [fakeStep('rescue', step('rescue', 0)), fakeStepAtOnce('rescue', step('unrescue', 0))] },
});

export const fakeConsole = fake('console', {
  actions: {
    start_console: action('console', 'start_console', () => ({ consoleEnabled: true })),
    stop_console: action('console', 'stop_console', () => ({ consoleEnabled: false })),
  },
  reads: { get_console: async () => ({}) },
});

const raidArgs = {
  create_root_volume: { description: 'Whether the root volume is made.' },
  create_nonroot_volumes: { description: 'Whether the other volumes are made.' },
  delete_existing: { description: 'Whether what is there is deleted first.' },
};

export const fakeRaid = (memory: FakeMemory): Implementation =>
  fake('raid', {
    steps: {
      clean: [
        fakeStepOnce(
          'raid',
          { step: 'create_configuration', priority: 0, args: raidArgs, requiresRamdisk: false },
          memory,
          ({ node }) => ({
            raidConfig: node.raid.target,
          }),
        ),
        fakeStepOnce('raid', { step: 'delete_configuration', priority: 0, requiresRamdisk: false }, memory, () => ({
          raidConfig: {},
        })),
      ],
    },
  });

const settingsArgs = { settings: { description: 'List of objects with name and value.', required: true } };

export const fakeBios = fake('bios', {
  steps: {
    clean: [
      fakeStep('bios', step('apply_configuration', 0, { args: settingsArgs }), applySettings),
      fakeStep('bios', step('factory_reset', 0), () => ({ biosSettings: { settings: fakeBiosSettings() } })),
    ],
    deploy: [fakeStep('bios', step('apply_configuration', 0, { args: settingsArgs }), applySettings)],
    service: [fakeStep('bios', step('apply_configuration', 0, { args: settingsArgs }), applySettings)],
  },
});

interface BiosSetting extends Bag {
  readonly name: string;
  readonly value: string;
}

function fakeBiosSettings(): BiosSetting[] {
  const setting = (name: string, value: string, allowable: string[]): BiosSetting => ({
    name,
    value,
    attribute_type: 'Enumeration',
    allowable_values: allowable,
    lower_bound: null,
    max_length: null,
    min_length: null,
    read_only: false,
    reset_required: true,
    unique: false,
    upper_bound: null,
  });
  return [
    setting('BootMode', 'Uefi', ['Bios', 'Uefi']),
    setting('ProcTurboMode', 'Enabled', ['Enabled', 'Disabled']),
    setting('ProcVirtualization', 'Enabled', ['Enabled', 'Disabled']),
  ];
}

function applySettings({ node, args }: { readonly node: Node; readonly args: Bag }) {
  const wanted = new Map((args.settings as BiosSetting[]).map(({ name, value }) => [name, String(value)]));
  const present =
    (node.biosSettings?.content as { settings?: BiosSetting[] } | undefined)?.settings ?? fakeBiosSettings();
  const unknown = [...wanted.keys()].filter(name => !present.some(setting => setting.name === name));
  if (unknown.length > 0) throw new Error(`the machine has no BIOS settings named ${unknown.join(', ')}`);
  return {
    biosSettings: {
      settings: present.map(setting => ({ ...setting, value: wanted.get(setting.name) ?? setting.value })),
    },
  };
}

const fakeFirmware: readonly Bag[] = ['bios', 'bmc'].map(component => ({
  component,
  initial_version: '1.0',
  current_version: '1.0',
  last_version_flashed: null,
}));

export const fakeFirmwareInterface = (memory: FakeMemory): Implementation => {
  const args = { settings: { description: 'List of objects with component and url.', required: true } };
  const update = fakeStepOnce(
    'firmware',
    { step: 'update', priority: 0, args, requiresRamdisk: false },
    memory,
    ({ node, args }) => ({
      firmware: (node.firmware.length > 0 ? node.firmware : fakeFirmware).map(part =>
        (args.settings as Bag[]).some(({ component }) => component === part.component)
          ? { ...part, current_version: '2.0', last_version_flashed: '2.0' }
          : part,
      ),
    }),
  );
  return fake('firmware', { steps: { clean: [update], deploy: [update], service: [update] } });
};

export const fakeStorage = fake('storage');

export const fakeVendor = fake('vendor', {
  properties: { B1: 'B1 description. Optional.', B2: 'B2 description. Optional.' },
  steps: {
    clean: [fakeStep('vendor', step('log_passthrough', 1))],
    service: [fakeStep('vendor', step('log_passthrough', 0))],
  },
  passthru: {
    second_method: passthru(['POST'], true, 'A method that takes its time.'),
    third_method_sync: passthru(['POST'], false, 'A method that answers.'),
    fourth_method_shared_lock: { ...passthru(['POST'], true, 'A method that needs no lock.'), exclusive: false },
    create_subscription: passthru(['POST'], false, 'Subscribes to events of the machine. Destination is required.'),
    delete_subscription: passthru(['DELETE'], false, 'Ends a subscription. id is required.'),
    get_all_subscriptions: passthru(['GET'], false, 'Lists the subscriptions.'),
  },
  actions: {
    second_method: action('vendor', 'second_method'),
    third_method_sync: action('vendor', 'third_method_sync', ({ args }) => ({
      result: { return: args.bar === 'woof' || args.bar === undefined },
    })),
    fourth_method_shared_lock: action('vendor', 'fourth_method_shared_lock'),
    create_subscription: action('vendor', 'create_subscription', ({ id, args }) => ({
      result: {
        return: {
          Id: id,
          Context: args.Context ?? '',
          Protocol: args.Protocol ?? 'Redfish',
          Destination: args.Destination,
          EventTypes: args.EventTypes ?? ['Alert'],
        },
      },
    })),
    delete_subscription: action('vendor', 'delete_subscription'),
  },
  reads: { get_all_subscriptions: async () => ({ Members: [] }) },
});

function passthru(methods: readonly string[], async: boolean, description: string) {
  return { methods, async, description, attach: false, exclusive: true, effect: 'idempotent' as const };
}
