import { keyEraser } from '../key-eraser.js';
import { onBreak, type RoleParts } from './role.js';

/** Keeps what follows from the events: the rows that are read, and which keys there still are. */
export const startProjector = ({ engines, clock, logger, atEnd }: RoleParts): void => {
  const projecting = engines.readSide.project?.();
  projecting?.start();
  atEnd(() => projecting?.stop());
  const { store, keys, erased } = engines;
  const erasing = engines.asTheOnlyOne('key eraser', () =>
    keyEraser({ store, keys, erased, clock, onBreak: onBreak(logger, 'erasing keys') }),
  );
  erasing.start();
  atEnd(() => erasing.stop());
};
