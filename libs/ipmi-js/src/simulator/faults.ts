/**
 * What goes wrong, on demand.
 *
 * Faults of messages apply to the request named by `on` (the specification's name: 'Get Chassis Status',
 * 'Chassis Control', 'Open Session Request', 'RAKP Message 1', 'RAKP Message 3', 'Presence Ping' …), or to all, and
 * to the next `times` of them, or to all until the fault is taken back.
 */
export type Fault = MessageFault | PowerFault;

export type MessageFault = { readonly on?: string; readonly times?: number } & (
  | {
      readonly fault:
        /** The request never arrives, so nothing runs. */
        | 'lose requests'
        /** The command runs; its answer never arrives. */
        | 'lose answers'
        | 'duplicate answers'
        /** The answer has a session sequence number far outside the window. */
        | 'wrong sequence';
    }
  | { readonly fault: 'delay answers'; readonly delayMs: number }
  /** The command does not run; the answer has this completion code. */
  | { readonly fault: 'refuse'; readonly completionCode: number }
  /** The command runs, then the BMC restarts: no answer, all sessions gone, deaf for `downMs` (default 0). */
  | { readonly fault: 'restart'; readonly downMs?: number }
);

export type PowerFault =
  /** Power goes off this long after it was told to. */
  | { readonly fault: 'slow power off'; readonly delayMs: number }
  /** Commands are taken, and power never leaves this state. */
  | { readonly fault: 'stuck power'; readonly at: 'on' | 'off' };

type Named<Name extends Fault['fault']> = Extract<Fault, { readonly fault: Name }>;

export interface Faults {
  /** The answer takes it back. */
  inject(fault: Fault): () => void;
  clear(): void;
  /** The fault of this name that applies to the request, if any; it is used up by one. */
  strike<Name extends MessageFault['fault']>(name: Name, request: string): Named<Name> | undefined;
  /** The fault of this name in force, if any. */
  current<Name extends PowerFault['fault']>(name: Name): Named<Name> | undefined;
}

export const createFaults = (): Faults => {
  let active: { readonly fault: Fault; left: number }[] = [];

  return {
    inject(fault) {
      const entry = { fault, left: ('times' in fault ? fault.times : undefined) ?? Infinity };
      active.push(entry);
      return () => {
        active = active.filter(other => other !== entry);
      };
    },

    clear() {
      active = [];
    },

    strike<Name extends MessageFault['fault']>(name: Name, request: string) {
      const entry = active.find(
        ({ fault, left }) =>
          left > 0 && fault.fault === name && (!('on' in fault) || !fault.on || fault.on === request),
      );
      if (!entry) return undefined;
      entry.left--;
      return entry.fault as Named<Name>;
    },

    current<Name extends PowerFault['fault']>(name: Name) {
      return active.find(({ fault }) => fault.fault === name)?.fault as Named<Name> | undefined;
    },
  };
};
