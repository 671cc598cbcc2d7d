export function policyOf(html: string): string;
export function securityHeaders(path: string, html: string | null): Record<string, string>;
