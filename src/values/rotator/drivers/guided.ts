/**
 * `guided`: a credential of any service of the catalogue, made by a person. It is tried by the call that
 * the catalogue knows (docs/targets.md); where it knows none, only a config that says so takes one untried.
 */
import { copy } from '../../secret/bytes.ts'
import { judge, needsBody } from '../../verifier/judge.ts'
import type { Driver, Issuer, Made, Tried, Trouble } from '../driver.ts'
import { askWith, loginDenied, unclearBy } from '../service/ask.ts'

export const driver: Driver = {
  spec: {
    type: 'guided',
    class: 'issued',
    guided: true,
    summary: 'A credential of any service of the catalogue, made by a person.',
    options: {
      type: 'object',
      properties: {
        service: {
          type: 'string',
          pattern: '^[a-z0-9][a-z0-9-]{0,63}$',
          description:
            'The target in the catalogue that it is a credential of. Left out: the binding’s.',
        },
        unverified: {
          type: 'boolean',
          default: false,
          description:
            'Takes the new one untried, where no call is known by which the service says whether it works.',
        },
      },
      additionalProperties: false,
    },
  },
  async open({ unverified }, { signal, asking }): Promise<Issuer> {
    const untried = asking === undefined && unverified === true
    return {
      create: async (_tag, _current, brought): Promise<Made> => {
        if (brought === undefined) return { kind: 'unavailable', code: 'INTERNAL' }
        if (asking === undefined && !untried) return noCall
        return { kind: 'made', value: copy(brought) }
      },
      ...(untried ? { blind: true } : {}),
      try: async ({ value }): Promise<Tried> => {
        if (untried) return { kind: 'valid', account: '' }
        if (asking === undefined) return noCall
        const { rules } = asking.recipe
        const answer = await askWith(value, asking, (status) => needsBody(rules, status), signal)
        if ('kind' in answer) return answer
        const { verdict } = judge(rules, answer.status, answer.body)
        // Of whom it is, such a call does not say.
        if (verdict === 'valid' || verdict === 'no-permission')
          return { kind: 'valid', account: '' }
        if (verdict === 'rejected') return loginDenied
        return unclearBy(answer.status)
      },
      close: async () => {},
    }
  },
}

/** Never taken for a no of the service. */
const noCall: Trouble = { kind: 'unavailable', code: 'CONFIG_INVALID', reason: 'no-call' }
