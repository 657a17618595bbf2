import { dump } from '#testing';
import { SqliteReadModel } from '../sqlite/sqlite-read-model.js';
import type { ReadModelScene } from './scene.js';
import { temporaryFolder } from '#testing';

export const sqliteScene = async (): Promise<ReadModelScene> => {
  const folder = temporaryFolder();
  return {
    async open(events, name) {
      const path = folder.file(`${events.identity.storeId}-${name}.sqlite`);
      const model = await SqliteReadModel.open(path, {
        streamBefore: (stream, revision) => events.streamOf(stream, 0, revision),
        readBlob: hash => events.blob(hash),
      });
      return {
        model,
        get position() {
          return model.position;
        },
        apply: batch => model.apply(batch),
        dump: async () => dump(path),
        close: () => model.close(),
      };
    },
    async rebuilt(house) {
      const path = house.folder.file('rebuilt.sqlite');
      await house.rebuild(path);
      return dump(path);
    },
    close: async () => folder.remove(),
  };
};
