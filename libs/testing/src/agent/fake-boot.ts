import type { BootServices, Images, ImageSource, NetworkBoot, ProvidedImage } from '#domain';
import { Problem } from '#domain';

/** Boot services that remember what they were asked for, and serve nothing. */
export class FakeBootServices implements BootServices {
  readonly boots = new Map<string, NetworkBoot>();

  async prepare(boot: NetworkBoot): Promise<void> {
    this.boots.set(boot.nodeId, boot);
  }

  async withdraw(nodeId: string): Promise<void> {
    this.boots.delete(nodeId);
  }

  async prepared(): Promise<readonly string[]> {
    return [...this.boots.keys()];
  }
}

/** Images that are there unless their URL says `gone`. */
export class FakeImages implements Images {
  readonly provided = new Map<string, ImageSource>();

  async provide(nodeId: string, source: ImageSource): Promise<ProvidedImage> {
    if (source.url.includes('gone'))
      throw new Problem({ code: 'image.missing', title: 'There is no such image', detail: `${source.url}: 404` });
    this.provided.set(nodeId, source);
    const value = source.osHashValue ?? source.checksum ?? '';
    return { url: source.url, diskFormat: source.diskFormat, osHashAlgo: 'sha256', osHashValue: value };
  }

  async release(nodeId: string): Promise<void> {
    this.provided.delete(nodeId);
  }
}
