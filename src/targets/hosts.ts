/** Host names of the catalogue, and which hosts they stand for. Pure. */

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const LABELS = `${LABEL}(?:\\.${LABEL}){0,8}`

/** `api.stripe.com`, `*.zendesk.com`, `api-*.sendbird.com`, `bedrock.*.amazonaws.com`. */
export const HOST = /^(?:[a-z0-9*-]+\.)+[a-z]{2,24}$/

/**
 * Whether `host` is one of those that a catalogue's `name` stands for. A `*` that is a whole label stands
 * for one or more labels, within a label for a part of it.
 *
 * @param host as a URL has it: lower case, without a port
 */
export function hostMatches(name: string, host: string): boolean {
  return fits(name, /\*/g, host)
}

/**
 * Whether `host` is `template` with its `{…}` filled in: with one or more labels where a placeholder is
 * a whole label, else with a part of one.
 */
export function hostFits(template: string, host: string): boolean {
  return fits(template, /\{[A-Za-z0-9_-]+\}/g, host)
}

function fits(name: string, hole: RegExp, host: string): boolean {
  if (host.length > 253) return false
  const form = name
    .split('.')
    .map((label) => {
      const plain = label.replace(hole, '*')
      return plain === '*' ? LABELS : plain.replaceAll('*', '[a-z0-9-]{1,63}')
    })
    .join('\\.')
  return new RegExp(`^${form}$`).test(host)
}
