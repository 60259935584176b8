/**
 * The `vault` provider: HashiCorp Vault or OpenBao, over plain HTTP; neither has an official client for
 * Node. Refs of one path cost one read. docs/vault.md says what it needs and what happens in an outage.
 */
import { closed } from '../secret/outcome.ts'
import type { Failure, Provider, Session } from './contract.ts'
import { readOptions } from './vault/options.ts'
import { notListed } from './vault/list.ts'
import { openSession } from './vault/session.ts'
import { spec } from './vault/spec.ts'

export const provider: Provider = {
  spec,
  async open(options, ctx): Promise<Session> {
    const read = await readOptions(options, ctx.env)
    return 'kind' in read ? failing(read) : openSession(read, ctx, timeoutOf(options))
  },
}

function timeoutOf(options: Readonly<Record<string, unknown>>): number {
  return typeof options['timeoutMs'] === 'number' ? options['timeoutMs'] : 5000
}

/** What cannot be opened answers every question with why. */
function failing(failure: Failure): Session {
  let open = true
  const answer = (): Failure => (open ? failure : closed)
  return {
    get: async (items) => items.map(answer),
    put: async () => answer(),
    history: async () => answer(),
    promote: async () => answer(),
    list: () => {
      throw notListed(answer())
    },
    renew: async () => answer(),
    revoke: async () => answer(),
    close: async () => {
      open = false
    },
  }
}
