/**
 * What services that show previews of links read of a page: they take no relative addresses, so those of the picture and of the
 * page itself are made whole.
 *
 * References: the Open Graph protocol, "Basic Metadata" (og:image and og:url are URLs).
 */

/**
 * @param html of a page
 * @param siteUrl of the folder in which it will stand
 */
export function withSiteUrl(html, siteUrl) {
  const base = new URL(siteUrl.endsWith("/") ? siteUrl : `${siteUrl}/`);
  if (!/^https?:$/.test(base.protocol)) throw new Error(`"${siteUrl}" is no address of a site.`);
  return html
    .replace(
      /(<meta\s+property="og:image"\s+content=")([^"]+)"/,
      (_, start, picture) => `${start}${new URL(picture, base).href}"`,
    )
    .replace(
      /(\s*)<meta\s+property="og:type"/,
      (type, space) => `${space}<meta property="og:url" content="${base.href}" />${type}`,
    );
}
