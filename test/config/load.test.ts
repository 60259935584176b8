import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkConfig, loadConfig } from '../../src/config/load.ts'
import { isNode } from '../../src/config/node.ts'
import { ConfigError } from '../../src/config/problems.ts'
import { SecretRefError } from '../../src/errors.ts'
import {
  NOW,
  block,
  complaints,
  explained,
  load,
  refusal,
  scratch,
  withSlots,
  writeConfig,
} from './helpers.ts'

describe('a loaded config', () => {
  test('knows its file, its folder, its hash and whether it was found', async () => {
    const text = block('3.2.json')
    const path = writeConfig(scratch(), text)
    const folder = scratch()
    mkdirSync(join(folder, 'dotfiles'))
    symlinkSync(path, join(folder, 'dotfiles', 'secretref.json'))
    const loaded = await loadConfig(
      { path: join(folder, 'dotfiles', 'secretref.json'), found: false },
      { now: NOW },
    )
    expect(loaded).toEqual({
      config: JSON.parse(text),
      path,
      dir: dirname(path),
      hash: createHash('sha256').update(text).digest('hex'),
      owner: process.geteuid?.(),
      found: false,
      warnings: [],
    })
  })

  test('may begin with a byte order mark, as JSON and as JSON5', async () => {
    await load('\ufeff{"agents": {}}')
    await load('\ufeff{agents: {},}')
  })

  test('may be empty of agents; an empty file is none', async () => {
    await load('{}')
    expect(await complaints('')).toEqual([
      'CONFIG_INVALID : the text cannot be read as JSON from here',
    ])
    expect(await complaints('[]')).toEqual(['CONFIG_INVALID : must be an object'])
    expect(await complaints('null')).toEqual(['CONFIG_INVALID : must be an object'])
  })

  test('must be UTF-8', async () => {
    const bytes = Buffer.from('{"agents": {"a": {"name": "\xff"}}}', 'latin1')
    await expect(checkConfig(bytes, '/c.json', { now: NOW })).rejects.toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  })

  test('as strict JSON needs neither zod nor momoa nor croner', () => {
    const path = writeConfig(scratch(), block('3.2.json'))
    const script = `
      import { registerHooks } from 'node:module'
      const seen = []
      registerHooks({ resolve(name, context, next) { seen.push(name); return next(name, context) } })
      const { loadConfig } = await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../src/config/load.ts')).href)})
      await loadConfig({ path: ${JSON.stringify(path)}, found: false }, { now: new Date() })
      process.stdout.write(JSON.stringify(seen))`
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    })
    const seen: unknown = JSON.parse(output)
    expect(seen).toContain('./check.generated.ts')
    for (const name of ['zod', '@humanwhocodes/momoa', 'croner']) expect(seen).not.toContain(name)
  })
})

/** Made on use, so that no title holds such a text. */
const HUGE: Record<string, () => string> = {
  'a mistake in every entry of a long list': () =>
    `{"agent":{"id":"a","capabilities":[${'1,'.repeat(200_000)}1]}}`,
  'the same as JSON5': () => `{"agent":{"id":"a","capabilities":[${'1,'.repeat(200_000)}1]},}`,
  'unknown sub-agents': () => `{"agent":{"id":"a","subagents":[${'"b",'.repeat(200_000)}"b"]}}`,
  'more parts than can be explained': () => `{"agents":[${'[],'.repeat(1_100_000)}1]}`,
  'more parts than can be read as JSON5': () => `{"agents":[${'[],'.repeat(1_100_000)}1],}`,
}

describe('all mistakes at once', () => {
  const TEXT = `{
  "agnets": {},
  "agents": {
    "a": {
      "tool-bindings": {
        "t": {
          "credentials": {
            "key": "plain text",
            "other": { "secretRef": "r", "envVar": "PATH" }
          },
          "requird": true
        }
      },
      "subagents": ["b"]
    }
  },
  "openclaw": {
    "gateway": { "secrets": { "active-provider": "valt" } }
  }
}
`

  test('of shape, of meaning and of habit, in the order of the file, with place and hint', async () => {
    const error = await refusal(TEXT)
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toBe('the config /config.json has 6 mistakes')
    expect(explained(error)).toBe(`\
/config.json:2:3: agnets: "agnets" is not known here [CONFIG_INVALID]
  hint: did you mean "agents"?
/config.json:8:13: agents.a.tool-bindings.t.credentials.key: plain text stands where {"secretRef": …} belongs [HARDCODED_CREDENTIAL]
  hint: move the value into a provider (\`secretref secrets set NAME\`) and write {"secretRef": "NAME"} here
/config.json:9:42: agents.a.tool-bindings.t.credentials.other.envVar: this variable is refused: it names a program that another program starts, or where its configuration lies [CONFIG_INVALID]
  hint: choose another name
/config.json:11:11: agents.a.tool-bindings.t.requird: "requird" is not known here [CONFIG_INVALID]
  hint: did you mean "required"?
/config.json:14:21: agents.a.subagents[0]: there is no agent of this id [CONFIG_INVALID]
  hint: known here: a
/config.json:18:31: openclaw.gateway.secrets.active-provider: no provider of this name is configured [CONFIG_INVALID]
  hint: did you mean "vault"?
`)
  })

  test('are the same for JSON5', async () => {
    const strict = (await refusal(TEXT)).problems
    expect((await refusal(TEXT.replace(/\}\n$/, ',}'))).problems).toEqual(strict)
  })

  test('a key that is written twice is found in strict JSON', async () => {
    const text = '{\n"agents": {\n"a": {},\n"a": {}\n}\n}'
    const { problems } = await refusal(text)
    expect(problems).toMatchObject([{ line: 4, message: '"a" is written twice, first in line 3' }])
  })

  test.each(['__proto__', 'constructor'])('%s is refused as a key of anything', async (key) => {
    expect(await complaints(`{"agents": {"${key}": {}}}`)).toEqual([
      `CONFIG_INVALID agents.${key}: this key is not allowed anywhere`,
    ])
    const env = `{"secrets":{"providers":{"exec":{"command":"/bin/x","env":{"${key}":"1"}}}}}`
    expect(await complaints(env)).toHaveLength(1)
  })

  test('many are counted, fifty are printed, all are in the data', async () => {
    const agents = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`a${n}`, { x: 1 }]))
    const error = await refusal({ agents })
    expect(error.problems).toHaveLength(60)
    expect(explained(error).split('\n')).toContain('and 10 more')
    expect(error.toJSON().problems).toHaveLength(60)
  })

  test('more than a thousand are counted; the rest of the document is not judged then', async () => {
    const agents = Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`a${n}`, 1]))
    const { problems } = await refusal({ agents })
    expect(problems).toHaveLength(1001)
    expect(problems.at(-1)?.message).toBe('2000 more are not listed')
  })

  test.each(Object.keys(HUGE))('%s: told, not crashed', async (what) => {
    const { problems } = await refusal(HUGE[what]?.())
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.length).toBeLessThanOrEqual(1001)
  })

  test('control characters of a key are shown, not sent to the terminal', async () => {
    const text = explained(await refusal('{"agents": {"a\\u001b[31m\\u202e": {}}}'))
    for (const hidden of ['\u001b', '\u202e']) expect(text).not.toContain(hidden)
    expect(text).toContain('agents["a\\u001b[31m')
  })
})

describe('a credential', () => {
  test.each(['anything', '${STRIPE_API_KEY}', '', '$X', 'env:STRIPE'])(
    'is any plain text in a slot: %j',
    async (text) => {
      const error = await refusal(withSlots({ apiKey: text }))
      expect(error.code).toBe('HARDCODED_CREDENTIAL')
      expect(error.problems).toHaveLength(1)
      if (text !== '') expect(explained(error)).not.toContain(text)
    },
  )

  test('is a secretRef that is no name', async () => {
    const error = await refusal(withSlots({ apiKey: { secretRef: '${STRIPE_API_KEY}' } }))
    expect(error.code).toBe('HARDCODED_CREDENTIAL')
  })

  test('is told once, though slot and prefix both give it away', async () => {
    const value = ['sk', 'test', 'fakefakefakefake'].join('_')
    expect((await refusal(withSlots({ apiKey: value }))).problems).toHaveLength(1)
    expect((await refusal(withSlots({ apiKey: { secretRef: value } }))).problems).toHaveLength(1)
  })

  test('is found in a command, a note, a name and a key, and never shown', async () => {
    const value = ['xoxb', 'fakefakefakefake'].join('-')
    const config = {
      agents: {
        a: { command: ['curl', '-H', `Authorization: Bearer ${value}`], name: value },
        [value]: {},
      },
      openclaw: { gateway: { secrets: { refMap: { r: { provider: 'file', note: value } } } } },
    }
    const error = await refusal(config)
    expect(error.code).toBe('HARDCODED_CREDENTIAL')
    expect(error.problems.map(({ at }) => at.join('.'))).toEqual([
      'agents.a.command.2',
      'agents.a.name',
      'agents.(hidden)',
      'openclaw.gateway.secrets.refMap.r.note',
    ])
    for (const text of [explained(error), error.message, JSON.stringify(error)]) {
      expect(text).not.toContain(value)
    }
  })
})

describe('whatever is written', () => {
  const blocks = (['1.1.json', '1.2.json', '2.1.json', '2.2.json', '3.2.json', '4.2.json'] as const)
    .map(block)
    .concat(block('5.2-deprecated.json5'), '{a: [1, {b: 0x1, },], /* c */}')

  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat(12),
    insert: fc.oneof(
      fc.constantFrom('{', '}', '[', ']', ',', ':', '"', "'", '//', '/*', '\\', '\\u0000', '\n'),
      fc.constantFrom('"__proto__":{},', '"a":1,"a":2,', '[[[[', 'null', '-', '1e9999', '\ud800'),
      fc.string({ maxLength: 6, unit: 'binary' }),
    ),
  })

  test('the loader answers with a config or with an error of ours', async () => {
    const outcomes = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...blocks),
        // None at all, too: by chance alone too few of a thousand would still be a config.
        fc.array(change, { maxLength: 4 }),
        async (text, changes) => {
          let mutated = text
          for (const { at, remove, insert } of changes) {
            const index = Math.floor(at * mutated.length)
            mutated = mutated.slice(0, index) + insert + mutated.slice(index + remove)
          }
          try {
            await checkConfig(Buffer.from(mutated), '/c.json', { now: NOW })
            outcomes.add('config')
          } catch (error) {
            expect(error).toBeInstanceOf(SecretRefError)
            outcomes.add('error')
          }
        },
      ),
      { numRuns: 1000 },
    )
    expect(outcomes).toEqual(new Set(['config', 'error']))
  }, 60_000)

  test('bytes that are no text are an error of ours too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const result = await checkConfig(bytes, '/c.json', { now: NOW }).catch(
          (error: unknown) => error,
        )
        expect(result instanceof SecretRefError || isNode(result)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('no text of the config is quoted that is not a key', async () => {
    const marker = 'fake-value-never-shown'
    const seeds = (['1.2.json', '2.2.json', '3.2.json', '4.2.json'] as const).map((name): unknown =>
      JSON.parse(block(name)),
    )
    const replacement = fc.constantFrom<unknown>(
      marker,
      ` ${marker}`,
      [marker],
      { secretRef: marker },
      { type: marker },
      { provider: [marker, { provider: marker, path: marker }] },
    )
    let refused = 0
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seeds),
        fc.nat(60),
        replacement,
        async (seed, which, value) => {
          const document = structuredClone(seed)
          const leaves = entriesOf(document)
          const leaf = leaves[which % leaves.length]
          if (leaf !== undefined) leaf.parent[leaf.key] = value
          const result = await checkConfig(Buffer.from(JSON.stringify(document)), '/c.json', {
            now: NOW,
          }).catch((error: unknown) => error)
          if (!(result instanceof ConfigError)) return
          refused += 1
          const shown = [explained(result), result.message, result.hint, JSON.stringify(result)]
          expect(shown.join('\n')).not.toContain(marker)
        },
      ),
      { numRuns: 500 },
    )
    expect(refused).toBeGreaterThan(100)
  })
})

function entriesOf(tree: unknown): { parent: Record<string | number, unknown>; key: string }[] {
  if (!isNode(tree)) return []
  const entries = Object.keys(tree).map((key) => ({ parent: tree, key }))
  return entries.concat(Object.values(tree).flatMap(entriesOf))
}
