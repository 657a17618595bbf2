/** Another projector wrote to the same tables. */
export class CheckpointMoved extends Error {
  constructor() {
    super('another projector has moved the checkpoint of this read model');
  }
}
