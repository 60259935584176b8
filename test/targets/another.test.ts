/** No service is shown what is plainly another's: over the whole catalogue, and every unmistakable form. */
import { expect, test } from 'vitest'
import { parse } from '../../scripts/generate/targets/regex.ts'
import { exampleOf, samplesOf } from '../../scripts/generate/targets/samples.ts'
import { serviceOf } from '../../src/gateway/verify/way.ts'
import { isOfAnother } from '../../src/targets/another.ts'
import { candidates, fits, fitsAny } from '../../src/targets/detect.ts'
import { LITERALS } from '../../src/targets/literals.ts'
import { allTargets, verifyOf } from '../../src/targets/lookup.ts'
import { SAMPLES } from './literal-samples.ts'

const all = await allTargets()
const askable = all.filter((target) => verifyOf(target, true) !== undefined)
const services = await Promise.all(askable.map(serviceOf))

/** By the kinds' own samples, not by what the code under test works with. */
const owners = new Map(
  LITERALS.map(({ kind, pattern }) => [
    kind,
    new Set(
      all
        .filter((one) => one.pattern !== undefined && pattern.test(exampleOf(one.pattern)))
        .map(({ service }) => service),
    ),
  ]),
)
const serviceOfId = new Map(all.map(({ id, service }) => [id, service]))

/** Anybody's: a signed token and a private key say nothing of their service. */
const told = LITERALS.filter(({ anybody }) => anybody === undefined).map(({ kind }) => kind)

test.each(told)('%s is shown to no service but its own', (kind) => {
  const shown = services
    .filter((service) => owners.get(kind)?.has(serviceOfId.get(service.kind) ?? '') !== true)
    .filter((service) => !SAMPLES[kind]?.every((text) => isOfAnother(text, service)))
  expect(shown.map((service) => service.kind)).toEqual([])
})

test('there are many services to ask, with a form and without', () => {
  expect(services.length).toBeGreaterThan(200)
  const formless = services.filter(({ kind }) => fits(kind, '') === 'unknown')
  expect(formless.length).toBeGreaterThan(20)
  expect([...owners.values()].filter((one) => one.size > 0).length).toBeGreaterThan(25)
})

test("what may be the service's own is sent, whatever else takes it", () => {
  const refused = services.flatMap((service) =>
    all
      .filter(({ id }) => id === service.kind)
      .flatMap(({ id, pattern }) =>
        pattern === undefined
          ? []
          : [exampleOf(pattern), ...samplesOf(parse(pattern.regex))]
              .filter((text) => isOfAnother(text, service))
              .map((text) => `${id}: ${text}`),
      ),
  )
  expect(refused).toEqual([])
})

test('a form that names another service is refused where the own form excludes it', () => {
  const forms = all.flatMap(({ pattern }) => (pattern ? [exampleOf(pattern)] : []))
  const recognised = forms.filter((text) => candidates(text).length > 0)
  let count = 0
  for (const service of services) {
    for (const text of recognised) {
      if (fits(service.kind, text) !== 'unfit' || fitsAny(service.kinds, text) === 'fits') continue
      expect(isOfAnother(text, service), `${service.kind}: ${text}`).toBe(true)
      count += 1
    }
  }
  expect(count).toBeGreaterThan(10_000)
})

test('a value without a form, or in a sentence of the service itself, is sent', () => {
  for (const service of services) expect(isOfAnother('fake-value', service)).toBe(false)
  const github = services.find(({ kind }) => kind === 'github-pat-classic')
  const long = ['ghp', 'a'.repeat(44)].join('_')
  expect(github && isOfAnother(long, github)).toBe(false)
})
