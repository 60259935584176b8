/** Providers that answer as a test has decided, in this process, and note what they were asked. */
import { copy } from '../../../src/values/secret/bytes.ts'
import type { Outcome, Provider } from '../../../src/values/providers/contract.ts'
import type { Sheet } from '../../../src/gateway/sheet.ts'

const OUTCOMES = {
  value: holding,
  /** A variable cannot hold it. */
  unusable: (text: string, end?: Date): Outcome => holding(`${text}\0`, end),
  absent: (): Outcome => ({ kind: 'absent', code: 'SECRET_NOT_FOUND' }),
  denied: (): Outcome => ({ kind: 'denied', code: 'PROVIDER_DENIED' }),
  malformed: (): Outcome => ({ kind: 'malformed', code: 'PROVIDER_INVALID' }),
  timeout: (): Outcome => ({ kind: 'unavailable', code: 'TIMEOUT' }),
  limited: (): Outcome => ({
    kind: 'unavailable',
    code: 'PROVIDER_UNAVAILABLE',
    retryAfterMs: 1000,
  }),
  sealed: (): Outcome => ({ kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE' }),
} as const

export type Answer = keyof typeof OUTCOMES
export const ANSWERS: readonly Answer[] = [
  'value',
  'unusable',
  'absent',
  'denied',
  'malformed',
  'timeout',
  'limited',
  'sealed',
]

function holding(text: string, expiresAt?: Date): Outcome {
  const meta = expiresAt === undefined ? {} : { expiresAt }
  return { kind: 'value', value: copy(Buffer.from(text)), meta }
}

/** What a whole batch comes to: `good` answers each item; the others are bugs that a provider may have. */
export const MANNERS = ['good', 'throws', 'does not open', 'answers too few'] as const
export type Manner = (typeof MANNERS)[number]

export interface Script {
  manner: (provider: string) => Manner
  answer: (provider: string, path: string) => Answer
  /** Of a value: left out, it has no end. */
  ends?: (path: string) => Date | undefined
}

export interface Asked {
  provider: string
  paths: string[]
}

/** One type, `scripted`, whose providers are told apart by their option `as`. */
export function scripted(script: Script): {
  types: Readonly<Record<string, () => Promise<Provider>>>
  /** Each batch, in order. */
  asked: Asked[]
  /** Sessions that were opened, less those that were closed. */
  open: () => number
} {
  const asked: Asked[] = []
  let open = 0
  const provider: Provider = {
    spec: { type: 'scripted', summary: '', options: {}, env: () => [] },
    open: async ({ as }) => {
      const name = String(as)
      const manner = script.manner(name)
      if (manner === 'does not open') {
        asked.push({ provider: name, paths: [] })
        throw new Error('fake-defect')
      }
      open += 1
      return {
        get: async (items) => {
          asked.push({ provider: name, paths: items.map(({ path }) => path) })
          // Others are asked meanwhile.
          await new Promise((resolve) => setImmediate(resolve))
          if (manner === 'throws') throw new Error('fake-defect')
          const outcomes = items.map(({ path }) =>
            OUTCOMES[script.answer(name, path)](valueOf(name, path), script.ends?.(path)),
          )
          return manner === 'answers too few' ? outcomes.slice(1) : outcomes
        },
        close: async () => void (open -= 1),
      }
    },
  }
  const types = Object.assign(Object.create(null), { scripted: async () => provider })
  return { types, asked, open: () => open }
}

export function scriptedProvider(name: string): Sheet['providers'][string] {
  return { type: 'scripted', options: { as: name } }
}

export function valueOf(provider: string, path: string): string {
  return `fake-${path}-of-${provider}`
}
