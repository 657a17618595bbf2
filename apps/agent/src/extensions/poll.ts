import { isBag, type Extension } from '../api/command.js';
import type { Hardware } from '../hardware/hardware.js';
import type { Bag } from '../lookup/lookup.js';
import { invalidParameters } from '../problem.js';

/** For a conductor that comes to the agent instead of waiting for it. */
export const pollExtension = (hardware: Hardware, setNode: (info: Bag) => void): Extension => ({
  get_hardware_info: { kind: 'sync', takes: {}, run: () => hardware.dispatch('list_hardware_info') },
  set_node_info: {
    kind: 'sync',
    takes: { node_info: 'required' },
    validate: ({ node_info: info }) => {
      if (!isBag(info)) throw invalidParameters('node_info must be an object.');
    },
    run: ({ node_info: info }) => Promise.resolve(setNode(info as Bag)),
  },
});
