// ETags: kept bare (32 hex digits, with "-N" for multipart), sent in quotes, compared as RFC 9110 says. Pure.

/** An ETag as headers carry it. */
export const quotedETag = (etag: string): string => `"${etag}"`

/** The ETag of a body: its MD5 in hex. `md5`: 16 bytes. */
export const md5ETag = (md5: Uint8Array): string =>
  Buffer.from(md5.buffer, md5.byteOffset, md5.byteLength).toString('hex')

/** One entry of a list: weak or not, in quotes (which may hold commas) or bare, as many clients write it. */
const entry = /\s*(W\/)?(?:"([^"]*)"|([^\s,"]+))\s*(?:,|$)/y

/** Whether one of the tags that a condition lists is `etag`; "*" is every one.
 *  RFC 9110, 13.1.1: If-Match uses "the strong comparison function", in which a weak tag equals none; 13.1.2: If-None-Match the weak one.
 *  @param listed the header's value
 *  @param etag bare */
export function matchesETag(listed: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (listed === '*' || listed === etag) return true
  for (entry.lastIndex = 0; entry.lastIndex < listed.length;) {
    const found = entry.exec(listed)
    if (found === null) return false
    if ((found[1] === undefined || comparison === 'weak') && (found[2] ?? found[3]) === etag) return true
  }
  return false
}
