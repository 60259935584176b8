/** The `store` provider: our own encrypted store, one age file with versions. */
import { NAME } from '../../config/names.ts'
import { SecretRefError } from '../../errors.ts'
import { STAGES } from '../../gateway/keep/words.ts'
import { enterKeychain, KEYCHAIN_VARIABLES } from '../keychain/items.ts'
import { copy } from '../secret/bytes.ts'
import { closed, final, found, untilAborted } from '../secret/outcome.ts'
import { wipeDocument, type Document } from '../store/document.ts'
import { changeStore, openStore, type StorePlace } from '../store/file.ts'
import { IN_KEYCHAIN } from '../store/identity.ts'
import { PASSPHRASE_VARIABLE, placeOf } from '../store/key.ts'
import { addVersion, promote, remove, versionAt, type Changed } from '../store/versions.ts'
import type {
  Context,
  Failure,
  History,
  Location,
  Meta,
  Outcome,
  Provider,
  PutOptions,
  PutOutcome,
  Session,
} from './contract.ts'

export const provider: Provider = {
  spec: {
    type: 'store',
    summary: 'Our own encrypted store: one age file, with versions.',
    options: {
      type: 'object',
      properties: {
        path: {
          type: 'string',
          minLength: 1,
          description: 'The age file. Left out: `store.age` in the folder of SecretRef’s state.',
        },
        identity: {
          type: 'string',
          minLength: 1,
          description:
            'The key file, as age-keygen writes it, or `keychain`. Left out: `keys/store.key` there.',
        },
        passphraseFile: {
          type: 'string',
          minLength: 1,
          description:
            'A file with the passphrase of a store that has one. Left out: SECRETREF_STORE_PASSPHRASE.',
        },
      },
      additionalProperties: false,
    },
    env: ({ identity }) =>
      identity === IN_KEYCHAIN
        ? [PASSPHRASE_VARIABLE, ...KEYCHAIN_VARIABLES]
        : [PASSPHRASE_VARIABLE],
  },
  async open(options, ctx): Promise<Session> {
    enterKeychain(ctx.env)
    return new StoreSession(placeOf(options, ctx.env), ctx)
  },
}

const absent: Failure = final('absent', 'SECRET_NOT_FOUND', 'no-such-key')
const badName: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-name')
const nowhere: Failure = final('malformed', 'PROVIDER_INVALID', 'not-absolute')

class StoreSession implements Session {
  readonly #place: StorePlace | undefined
  readonly #ctx: Context
  #open = true

  constructor(place: StorePlace | undefined, ctx: Context) {
    this.#place = place
    this.#ctx = ctx
  }

  async get(items: readonly Location[]): Promise<readonly Outcome[]> {
    if (!this.#open) return items.map(() => closed)
    if (items.length === 0) return []
    return untilAborted(this.#ctx.signal, items.length, async () => {
      if (this.#place === undefined) return items.map(() => nowhere)
      const opened = await openStore(this.#place)
      if (opened.kind !== 'store') {
        return items.map((at) => (isName(at) ? opened : badName))
      }
      try {
        return items.map((at) => (isName(at) ? outcomeOf(opened.document, at) : badName))
      } finally {
        wipeDocument(opened.document)
      }
    })
  }

  async *list(prefix: string): ReturnType<NonNullable<Session['list']>> {
    const opened = this.#place === undefined ? nowhere : await openStore(this.#place)
    // Nothing was ever stored: an empty list, and no mistake.
    if (opened.kind === 'absent') return
    if (opened.kind !== 'store') throw notListed(opened)
    try {
      for (const path of opened.document.secrets.keys()) {
        const version = versionAt(opened.document, path, undefined)
        if (path.startsWith(prefix))
          yield { at: { path }, meta: version === undefined ? {} : metaOf(version) }
      }
    } finally {
      wipeDocument(opened.document)
    }
  }

  async put(
    at: Location,
    value: Buffer,
    { expect, operation, stage = 'current' }: PutOptions,
  ): Promise<PutOutcome> {
    if (value.length === 0) return final('malformed', 'SECRET_EMPTY', 'empty')
    const now = this.#ctx.now()
    return this.#change(at, (document) =>
      addVersion(document, at.path, { value, expect, operation, stage, now }),
    )
  }

  async promote(at: Location, from: string, to: string): Promise<PutOutcome> {
    return this.#change(at, (document) => promote(document, at.path, from, to))
  }

  async history(at: Location): Promise<History | Failure> {
    if (!this.#open) return closed
    if (this.#place === undefined) return nowhere
    if (!isName(at)) return badName
    const opened = await openStore(this.#place)
    if (opened.kind !== 'store') return opened
    try {
      const secret = opened.document.secrets.get(at.path)
      if (secret === undefined) return absent
      const versions = secret.versions.map((one) =>
        Object.assign(metaOf(one), {
          version: String(one.version),
          stages: STAGES.filter((stage) => secret[stage] === one.version),
        }),
      )
      return { kind: 'history', versions }
    } finally {
      wipeDocument(opened.document)
    }
  }

  async remove(at: Location, expect: string): Promise<PutOutcome> {
    return this.#change(at, (document) => remove(document, at.path, expect))
  }

  async close(): Promise<void> {
    this.#open = false
  }

  async #change(at: Location, change: (document: Document) => Changed): Promise<PutOutcome> {
    if (!this.#open) return closed
    if (this.#place === undefined) return nowhere
    if (!isName(at) || at.version !== undefined) return badName
    return changeStore(this.#place, this.#ctx.now(), (document) => {
      const changed = change(document)
      if (changed.kind === 'absent') return absent
      if (changed.kind === 'conflict') return changed
      return { kind: 'written', version: String(changed.version), at: { path: at.path } }
    })
  }
}

function notListed({ code }: Failure): SecretRefError {
  return new SecretRefError(code, 'the store could not be listed', {
    scope: 'provider',
    hint: 'check its file and its key: `secretref doctor`',
  })
}

function isName({ path, field }: Location): boolean {
  return field === undefined && NAME.test(path)
}

function outcomeOf(document: Document, at: Location): Outcome {
  const version = versionAt(document, at.path, at.version)
  return version === undefined ? absent : found(copy(version.value), metaOf(version))
}

function metaOf({
  version,
  createdAt,
  expiresAt,
}: {
  version: number
  createdAt: Date
  expiresAt?: Date
}): Meta {
  return { version: String(version), createdAt, ...(expiresAt === undefined ? {} : { expiresAt }) }
}
