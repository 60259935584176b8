import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sarif } from '../../src/findings/sarif.ts'
import { FINDING_CODES, type Finding, type Place } from '../../src/findings/types.ts'
import { judge } from '../../src/findings/judge/judge.ts'
import { factsOf, fetchedFact } from './judge/facts.ts'
import { sarifLog } from './sarif-schema.ts'

const about = { version: '1.2.3', root: '/home/user/project' }

const finding = (over: Partial<Finding> = {}): Finding => ({
  code: 'credential',
  severity: 'error',
  message: 'a credential stands in this file',
  hint: 'replace it at its service',
  places: [{ file: '/home/user/project/.env', line: 3, column: 7 }],
  ...over,
})

/** What was written is in the schema's form, or this throws. */
function runOf(findings: readonly Finding[]): ReturnType<typeof sarifLog.parse>['runs'][0] {
  const [run] = sarifLog.parse(JSON.parse(JSON.stringify(sarif(findings, about)))).runs
  if (run === undefined) throw new Error('there is always one run')
  return run
}

const uriOf = (place: Place): unknown =>
  runOf([finding({ places: [place] })]).results[0]?.locations[0]?.physicalLocation?.artifactLocation

describe('sarif', () => {
  test('a result has its rule, level, message, place', () => {
    const run = runOf([finding()])
    const [result] = run.results
    expect(result).toMatchObject({
      ruleId: 'credential',
      level: 'error',
      message: { text: 'A credential stands in this file. Replace it at its service.' },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: '.env', uriBaseId: '%SRCROOT%' },
            region: { startLine: 3, startColumn: 7 },
          },
        },
      ],
    })
    expect(run.tool.driver.rules[result?.ruleIndex ?? -1]?.id).toBe('credential')
    expect(run.originalUriBaseIds).toHaveProperty('%SRCROOT%')
    expect(run.invocations[0]?.executionSuccessful).toBe(true)
  })

  test('every code is a rule or a notification, with a help text of its own', () => {
    const { rules, notifications } = runOf([]).tool.driver
    const all = [...rules, ...notifications]
    expect(all.map(({ id }) => id).toSorted()).toEqual(FINDING_CODES.toSorted())
    expect(new Set(all.map(({ name }) => name)).size).toBe(FINDING_CODES.length)
    expect(all.filter(({ help }) => !help.text.endsWith('.'))).toEqual([])
  })

  test('plaintext in production, as the audit judges it, and a name in a store that is no file', () => {
    const under = ['prod/']
    const stored = { outcome: 'listed', provider: 'vault', path: '["vault",[]]', under } as const
    const judged = judge(
      factsOf({
        bindings: [fetchedFact({ plaintext: ['file'] })],
        stores: [{ ...stored, names: ['prod/old'], hidden: 0, more: 0 }],
      }),
    )
    const { results, tool } = runOf(judged)
    const [plaintext, unused] = ['plaintext-in-production', 'unused-ref'].map((code) =>
      results.find(({ ruleId }) => ruleId === code),
    )
    expect(tool.driver.rules[plaintext?.ruleIndex ?? -1]).toMatchObject({
      id: 'plaintext-in-production',
      name: 'PlaintextInProduction',
      defaultConfiguration: { level: 'error' },
    })
    expect(plaintext).toMatchObject({ level: 'error' })
    expect(plaintext?.message.text).toContain('In production "file", which keeps plaintext')
    expect(plaintext?.locations).not.toEqual([])
    expect(unused?.locations).toEqual([
      { logicalLocations: [{ fullyQualifiedName: 'prod/old' }, { fullyQualifiedName: 'vault' }] },
    ])
  })

  test('what was not searched belongs to the run', () => {
    const run = runOf([
      finding({ code: 'skipped', severity: 'note' }),
      finding({ code: 'unreadable' }),
    ])
    expect(run.results).toEqual([])
    expect(run.invocations[0]?.executionSuccessful).toBe(false)
    const told = run.invocations[0]?.toolExecutionNotifications ?? []
    expect(told.map(({ descriptor: { id } }) => id)).toEqual(['skipped', 'unreadable'])
    for (const { descriptor } of told) {
      expect(run.tool.driver.notifications[descriptor.index]?.id).toBe(descriptor.id)
    }
  })

  test.each([
    ['/home/user/project/a b/#é%?.env', 'a%20b/%23%C3%A9%25%3F.env', '%SRCROOT%'],
    ['/home/user/project/\u202e[x](y)\n', '%E2%80%AE%5Bx%5D(y)%0A', '%SRCROOT%'],
    ['/home/user/project/..hidden', '..hidden', '%SRCROOT%'],
    ['/home/user/projects/x', 'file:///home/user/projects/x', undefined],
    ['/etc/x', 'file:///etc/x', undefined],
    ['/home/user/project', 'file:///home/user/project', undefined],
    ['/home/user/project/a\udcff/b\udcfe+', 'a%FF/b%FE%2B', '%SRCROOT%'],
    ['/home/user/a\udcff b', 'file:///home/user/a%FF%20b', undefined],
  ])('%j is %s', (file, uri, uriBaseId) => {
    expect(uriOf({ file })).toEqual({ uri, ...(uriBaseId === undefined ? {} : { uriBaseId }) })
  })

  test('a place in a config has its name', () => {
    const places = [
      { file: '/home/user/project/c.json', at: 'agents.a' },
      { provider: 'vault' },
      {},
    ]
    expect(runOf([finding({ places })]).results[0]?.locations).toEqual([
      {
        physicalLocation: { artifactLocation: { uri: 'c.json', uriBaseId: '%SRCROOT%' } },
        logicalLocations: [{ fullyQualifiedName: 'agents.a' }],
      },
      { logicalLocations: [{ fullyQualifiedName: 'vault' }] },
    ])
  })

  test('no text begins a link or a placeholder, and nothing is invisible', () => {
    const [result] = runOf([finding({ message: '[x](http://y) {0} \u202e\\' })]).results
    expect(result?.message.text).toContain('\\[x\\](http://y) {{0}} \\\\u{{202e}}\\\\.')
  })
})

const prints = (findings: readonly Finding[]): string[] =>
  runOf(findings).results.map(({ partialFingerprints }) =>
    String(partialFingerprints['secretref/v1']),
  )

describe('partial fingerprints', () => {
  test('stay when lines move, and when the whole folder does', () => {
    const [before] = prints([finding()])
    const moved = [{ file: '/home/user/project/.env', line: 30, column: 1 }]
    expect(prints([finding({ places: moved })])).toEqual([before])
    const elsewhere = sarif([finding({ places: [{ file: '/x/.env', line: 3 }] })], {
      ...about,
      root: '/x',
    })
    expect(JSON.stringify(elsewhere)).toContain(before)
  })

  test('tell the like apart, each in its turn', () => {
    const [a, b, other] = prints([finding(), finding(), finding({ targets: ['stripe'] })])
    expect(new Set([a, b, other]).size).toBe(3)
    expect(prints([finding({ targets: ['stripe'] }), finding(), finding()])).toEqual([other, a, b])
  })

  test('hold nothing of a value, nor does anything else', () => {
    const with_ = JSON.stringify(
      sarif([finding({ fingerprint: `hmac-sha256:${'ab'.repeat(16)}` })], about),
    )
    expect(with_).toBe(JSON.stringify(sarif([finding()], about)))
  })
})

test('whatever is found, the log has the schema’s form', () => {
  const words = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })
  const place = fc.record(
    {
      file: fc.array(words).map((names) => `/home/user/${names.join('/').replaceAll('\0', '')}`),
      line: fc.integer({ min: 1 }),
      column: fc.integer({ min: 1 }),
      at: words,
    },
    { requiredKeys: [] },
  )
  const findings = fc.array(
    fc.record(
      {
        code: fc.constantFrom(...FINDING_CODES),
        severity: fc.constantFrom('error', 'warning', 'note'),
        message: words,
        hint: words,
        places: fc.array(place, { maxLength: 3 }),
        ref: words,
      },
      { requiredKeys: ['code', 'severity', 'message', 'hint', 'places'] },
    ),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(findings, (all) => {
      const run = runOf(all)
      expect(
        run.results.length + (run.invocations[0]?.toolExecutionNotifications.length ?? 0),
      ).toBe(all.length)
    }),
    { numRuns: 100 },
  )
})
