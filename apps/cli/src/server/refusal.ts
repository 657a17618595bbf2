/** The sentence in a refusal: a problem (RFC 9457), Ironic's envelope, or that of its authentication. */
export const refusalOf = (server: string, status: number, body: string): string => {
  if (status === 401)
    return `${server} asks for a name and a password, and these are not right: give --user and --password-file, or set FERROLOG_USER and FERROLOG_PASSWORD.`;
  return sentenceIn(body) ?? `${server} answered with status ${status} and no reason: is it another program?`;
};

const sentenceIn = (body: string): string | undefined => {
  const answer = parsed(body) as { detail?: string; hint?: string; error_message?: string } | undefined;
  if (answer?.detail) return [answer.detail, answer.hint].filter(Boolean).join(' ');
  // JSON in a text in JSON (Ironic API reference).
  const fault = (answer?.error_message !== undefined ? parsed(answer.error_message) : answer) as
    { faultstring?: string; title?: string; description?: string } | undefined;
  return fault?.faultstring ?? (fault?.title ? [fault.title, fault.description].filter(Boolean).join(': ') : undefined);
};

const parsed = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
};
