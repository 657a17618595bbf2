import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { BootServices, Clock, Images } from '#domain';
import { Unusable } from '#domain';
import { bootContents } from './boot-files/boot-contents.js';
import { loadersFrom } from './boot-files/loaders.js';
import { PreparedBoots } from './boot-files/prepared-boots.js';
import { firstOf } from './content.js';
import { Dnsmasq } from './dhcp/dnsmasq.js';
import type { DhcpSettings } from './dhcp/dnsmasq-config.js';
import { dnsmasqConfig, dnsmasqHosts } from './dhcp/dnsmasq-config.js';
import type { Places } from './files/download.js';
import { FileCache } from './files/file-cache.js';
import { Holdings } from './files/holdings.js';
import { serveHttp } from './http/http-server.js';
import { ProvidedImages } from './images/provided-images.js';
import { serveTftp } from './tftp/tftp-server.js';

export interface BootServicesSettings {
  /** Of ours alone; everything in it may be needed after a restart. */
  readonly folder: string;
  /** Where machines come in, by HTTP and TFTP. */
  readonly address: string;
  readonly httpPort: number;
  /** Where machines find `address` and `httpPort`, without a slash at the end. */
  readonly httpUrl: string;
  /** Nothing: no TFTP. */
  readonly tftpPort?: number;
  /** Nothing: another DHCP server tells machines what to boot. */
  readonly dhcp?: DhcpSettings;
  readonly loaderFolders: readonly string[];
  readonly places: Places;
  /** Of each of two caches: kernels and ramdisks, and images. */
  readonly cacheBytes: number;
  readonly makeRaw: boolean;
  readonly clock: Clock;
  readonly report: (message: string, details: object) => void;
}

export interface OpenBootServices {
  readonly boot: BootServices;
  readonly images: Images;
  readonly httpPort: number;
  readonly tftpPort?: number;
  close(): Promise<void>;
}

/** Nothing can listen there: the sentence says why. */
export class BootPortUnusable extends Unusable {}

/**
 * All that machines boot from: what was prepared before is served again at once.
 *
 * @throws BootPortUnusable · what a folder that cannot be used throws
 */
export const openBootServices = async (settings: BootServicesSettings): Promise<OpenBootServices> => {
  const { folder, address, httpUrl, places, cacheBytes, clock, report, dhcp } = settings;
  const ends: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of ends.toReversed()) await end();
  };
  try {
    const images = new ProvidedImages(
      await Holdings.open(join(folder, 'images')),
      await FileCache.open(join(folder, 'image-cache'), cacheBytes),
      { places, baseUrl: httpUrl, makeRaw: settings.makeRaw },
    );
    let dnsmasq: Dnsmasq | undefined;
    const hosts = () => dnsmasqHosts(boot.all().map(({ value }) => value.boot));
    const boot: PreparedBoots = new PreparedBoots(
      await Holdings.open(join(folder, 'boots')),
      await FileCache.open(join(folder, 'boot-cache'), cacheBytes),
      places,
      async () => dnsmasq?.update(hosts()),
    );
    const bootFiles = firstOf(bootContents(boot, httpUrl), loadersFrom(settings.loaderFolders));
    const contents = firstOf(bootFiles, images.contents);
    const http = await listening('bootHttpPort', settings.httpPort, address, port =>
      serveHttp({ address, port, contents, report }),
    );
    ends.push(() => http.close());
    const tftp =
      settings.tftpPort === undefined
        ? undefined
        : await listening('bootTftpPort', settings.tftpPort, address, port =>
            serveTftp({ address, port, contents: bootFiles, clock, report }),
          );
    if (tftp) ends.push(() => tftp.close());
    if (dhcp) {
      const { uid, username } = userInfo();
      const own = { folder: join(folder, 'dhcp'), httpUrl, ...(uid === 0 && { user: username }) };
      const configuration = dnsmasqConfig(dhcp, own);
      dnsmasq = await Dnsmasq.start({ folder: own.folder, configuration, clock, report }, hosts());
      ends.push(async () => dnsmasq?.close());
    }
    return { boot, images, httpPort: http.port, ...(tftp && { tftpPort: tftp.port }), close };
  } catch (error) {
    await close();
    throw error;
  }
};

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is taken by another program',
  EACCES: 'this user may not listen on it',
  EADDRNOTAVAIL: 'the address is none of this machine',
};

const listening = async <T>(
  option: string,
  port: number,
  address: string,
  listen: (port: number) => Promise<T>,
): Promise<T> => {
  try {
    return await listen(port);
  } catch (error) {
    const reason = reasons[String((error as { code?: string }).code)];
    if (reason === undefined) throw error;
    const message = `Machines cannot boot from port ${port} of ${address} (${option}): ${reason}.`;
    throw new BootPortUnusable(message, { cause: error });
  }
};
