const signals = ['SIGTERM', 'SIGINT'] as const;

/** Answers when the process is told to stop. Who tells it a second time ends it at once. */
export const toldToStop = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const stop = () => {
      for (const name of signals) process.off(name, stop);
      signal.removeEventListener('abort', stop);
      resolve();
    };
    // Without listeners the system's own way applies: the next signal kills.
    for (const name of signals) process.on(name, stop);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
