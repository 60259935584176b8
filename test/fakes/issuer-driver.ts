/** The service of issuer.ts as a driver speaks to it, without a program between. */
import type { Credential, Issuer, Trouble } from '../../src/values/rotator/driver.ts'
import { serve, type IssuerState, type Request } from './issuer.ts'

interface Answer {
  kind: 'answer'
  value?: unknown
  id?: unknown
  ids?: unknown
}

/** @param state what it knows; changed by each call */
export function issuerOf(state: IssuerState): Issuer {
  const ask = (request: Request): Answer | Trouble => {
    const { reply, comes } = serve(state, request)
    if (comes !== 'now') return { kind: 'unknown', code: 'PROVIDER_UNAVAILABLE' }
    return reply['error'] === 'refused'
      ? { kind: 'refused', code: 'CREDENTIAL_REJECTED' }
      : { kind: 'answer', ...reply }
  }
  const made = (request: Request) => {
    const answer = ask(request)
    if (answer.kind !== 'answer') return answer
    return {
      kind: 'made',
      value: Buffer.from(String(answer.value)),
      id: String(answer.id),
    } as const
  }
  const done = (request: Request) => {
    const answer = ask(request)
    return answer.kind === 'answer' ? ({ kind: 'ok' } as const) : answer
  }
  const ours = state.class === 'chosen' || state.class === 'slots'
  return {
    ...(ours
      ? {
          choose: async (current) => made({ step: 'choose', current: shown(current) }),
          set: async (next, current) =>
            done({ step: 'set', next: shown(next), current: shown(current) }),
        }
      : {
          create: async (tag, current) => made({ step: 'create', tag, current: shown(current) }),
          marked: async (tag) => {
            const answer = ask({ step: 'marked', tag })
            if (answer.kind !== 'answer') return answer
            return { kind: 'ids', ids: [answer.ids].flat().map(String) }
          },
        }),
    try: async (credential) => {
      const answer = ask({ step: 'try', current: shown(credential) })
      return answer.kind === 'answer' ? { kind: 'valid', account: 'acct-1' } : answer
    },
    end: async (credential) => done({ step: 'end', current: shown(credential) }),
    close: async () => {},
  }
}

function shown({ id, value }: Partial<Credential>): NonNullable<Request['current']> {
  return { ...(id && { id }), ...(value && { value: value.toString() }) }
}
