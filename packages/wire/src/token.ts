const tokenPattern = /^[A-Za-z0-9:._-]{1,128}$/;
const addressPattern = /^0x[0-9a-f]+$/i;

/**
 * A token as a person or program may write it, in the form that records carry: 0x addresses in lower case, also behind a
 * prefix such as `1:`. Null when no token can have that name.
 */
export function normaliseToken(text: string): string | null {
  if (!tokenPattern.test(text)) return null;
  return text
    .split(':')
    .map((part) => (addressPattern.test(part) ? part.toLowerCase() : part))
    .join(':');
}
