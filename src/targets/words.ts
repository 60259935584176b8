/** Names of services as one word, as a config's `service` may give them. Pure. */

/** `X (Twitter)` becomes `x-twitter`, `Feishu / Lark` `feishu-lark`. */
export function serviceWord(service: string): string {
  return service
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}
