// Says by its exit code whether the server in this container lives, whatever its role. For HEALTHCHECK: no shell, no
// curl, no packages, and no authentication, because /healthz tells nothing but that.
const port = process.env.FERROLOG_PORT ?? '6385';

try {
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(4_000) });
  await answer.body?.cancel();
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.error(`/healthz does not answer: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
