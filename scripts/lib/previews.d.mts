export function withSiteUrl(html: string, siteUrl: string): string;
