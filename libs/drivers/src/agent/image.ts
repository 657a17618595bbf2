import type { Bag, Images, ImageSource } from '#domain';
import { rootDeviceFault } from './root-device.js';
import { bootsByUefi } from '../boot-mode.js';
import type { Effect } from '../hardware-type.js';
import { HardwareRefused } from '../hardware-type.js';
import { isWholeDisk } from './agent-node.js';

/** Sealed where it carries a password: an object then. */
const source: Bag = {
  anyOf: [
    { type: 'string', pattern: '^(https?|file)://.' },
    { type: 'object', required: ['$sealed'] },
  ],
  errorMessage: 'instance_info image_source must be a URL: http, https or file',
};

const digits = '^([0-9a-fA-F]{32}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128})$';

/** JSON Schema of what an instance has to say of its image (Ironic, hardware types). */
export const imageSchema: Bag = {
  type: 'object',
  required: ['image_source'],
  properties: {
    image_source: source,
    image_checksum: {
      anyOf: [
        { type: 'string', pattern: digits },
        { type: 'string', pattern: '^https?://.' },
        { type: 'object', required: ['$sealed'] },
      ],
      errorMessage: 'instance_info image_checksum must be an MD5, SHA-256 or SHA-512 in hexadecimal digits, or a URL',
    },
    image_os_hash_algo: {
      enum: ['md5', 'sha256', 'sha512', null],
      errorMessage: 'instance_info image_os_hash_algo must be md5, sha256 or sha512',
    },
    image_os_hash_value: {
      type: ['string', 'null'],
      pattern: digits,
      errorMessage: 'instance_info image_os_hash_value must be hexadecimal digits',
    },
    image_disk_format: { type: ['string', 'null'] },
    image_type: {
      enum: ['partition', 'whole-disk', 'whole-disk-image', null],
      errorMessage: 'instance_info image_type must be partition or whole-disk',
    },
    image_download_source: {
      enum: ['http', 'local', null],
      errorMessage: 'instance_info image_download_source must be http or local: no object store is supported here',
    },
    root_gb: {
      type: ['integer', 'string', 'null'],
      minimum: 1,
      pattern: '^[0-9]+$',
      errorMessage: 'instance_info root_gb must be a whole number of GiB',
    },
  },
  allOf: [
    {
      anyOf: [{ required: ['image_checksum'] }, { required: ['image_os_hash_algo', 'image_os_hash_value'] }],
      errorMessage:
        'instance_info must have image_checksum, or image_os_hash_algo and image_os_hash_value: an image that nobody can verify is not written',
    },
    {
      if: { required: ['image_type'], properties: { image_type: { const: 'partition' } } },
      then: { required: ['root_gb', 'kernel', 'ramdisk'] },
    },
  ],
};

const text = (value: unknown): string | null => (value === undefined || value === null ? null : String(value));

/** @throws Problem image.missing · image.checksum-wrong · image.refused */
export const provideImage = (images: Images, { node, instanceInfo, driverInfo }: Effect, standard: string) => {
  const download = instanceInfo.image_download_source ?? driverInfo.image_download_source ?? standard;
  const source: ImageSource = {
    url: String(instanceInfo.image_source),
    download: download === 'local' ? 'local' : 'http',
    checksum: text(instanceInfo.image_checksum),
    osHashAlgo: text(instanceInfo.image_os_hash_algo),
    osHashValue: text(instanceInfo.image_os_hash_value),
    diskFormat: text(instanceInfo.image_disk_format),
  };
  return images.provide(node.uuid, source);
};

/** `image_info` of the agent's write_image (Ironic, agent API). */
export const imageInfo = async (images: Images, effect: Effect, standard: string): Promise<Bag> => {
  const { node, instanceInfo, driverInfo } = effect;
  checkRootDevice(effect);
  const { url, diskFormat, osHashAlgo, osHashValue } = await provideImage(images, effect, standard);
  const { image_http_proxy: http, image_https_proxy: https, image_no_proxy: none } = driverInfo;
  return {
    id: nameOf(String(instanceInfo.image_source)),
    urls: [url],
    ...(diskFormat && { disk_format: diskFormat }),
    container_format: 'bare',
    stream_raw_images: true,
    os_hash_algo: osHashAlgo,
    os_hash_value: osHashValue,
    checksum: osHashValue,
    node_uuid: node.uuid,
    ...(Boolean(http ?? https) && { proxies: { ...(http ? { http } : {}), ...(https ? { https } : {}) } }),
    ...(none ? { no_proxy: none } : {}),
    ...(!isWholeDisk(instanceInfo) && partitionInfo(effect)),
  };
};

const nameOf = (url: string): string => new URL(url).pathname.split('/').filter(Boolean).at(-1) ?? 'image';

const partitionInfo = (effect: Effect): Bag => {
  const { instanceInfo } = effect;
  const mb = (gb: unknown) => Number(gb ?? 0) * 1024;
  return {
    image_type: 'partition',
    kernel: instanceInfo.kernel,
    ramdisk: instanceInfo.ramdisk,
    root_gb: String(instanceInfo.root_gb),
    root_mb: mb(instanceInfo.root_gb),
    swap_mb: Number(instanceInfo.swap_mb ?? 0),
    ephemeral_mb: mb(instanceInfo.ephemeral_gb),
    ephemeral_format: instanceInfo.ephemeral_format ?? null,
    preserve_ephemeral: instanceInfo.preserve_ephemeral === true,
    deploy_boot_mode: bootsByUefi(effect) ? 'uefi' : 'bios',
    boot_option: 'local',
    disk_label: bootsByUefi(effect) ? 'gpt' : null,
  };
};

/** Hints that no agent understands would be found out only when the machine runs it. */
const checkRootDevice = ({ node, instanceInfo }: Effect): void => {
  const hints = instanceInfo.root_device ?? node.attributes.properties.root_device;
  if (hints === undefined || hints === null) return;
  const wrong = rootDeviceFault(hints);
  if (wrong) throw new HardwareRefused(`root_device: ${wrong}`, 'See the root device hints that Ironic knows.');
};
