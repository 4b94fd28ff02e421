import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { IamError, type IamErrorCode } from '../../../src/contract/iam-errors.js'
import { decodeInput } from '../../../src/iam/wire/decode.js'
import { type ActionModel, serviceModels } from '../../../src/iam/wire/model.js'
import { parametersOf } from '../../../src/iam/wire/parameters.js'

function model(name: string): ActionModel {
  const found = serviceModels.iam.actions.get(name) ?? serviceModels.sts.actions.get(name)
  ok(found !== undefined, name)
  return found
}

const decode = (name: string, form: string): unknown => decodeInput(model(name), parametersOf(form))

const refused = (name: string, form: string, code: IamErrorCode): void =>
  throws(
    () => decode(name, form),
    (error: unknown) => error instanceof IamError && error.code === code,
    `${name} ${form.slice(0, 80)}`,
  )

describe('a form of the query protocol', () => {
  it('is percent-encoded UTF-8, with "+" for a space', () => {
    deepEqual(decode('GetUser', 'UserName=%C3%A4+b%2Bc%26d'), { UserName: 'ä b+c&d' })
    deepEqual(decode('GetUser', '&&UserName=a&'), { UserName: 'a' })
    deepEqual(decode('GetUser', 'UserName='), { UserName: '' })
    deepEqual(decode('GetUser', 'UserName'), { UserName: '' })
    deepEqual(decode('GetUser', ''), {})
    for (const form of ['UserName=%', 'UserName=%zz', 'UserName=%ff', '%E4=1']) {
      refused('GetUser', form, 'MalformedQueryString')
    }
  })

  it('puts lists together in the order of their numbers, with or without gaps', () => {
    const form = 'ClientIDList.member.10=c&ClientIDList.member.2=b&ClientIDList.member.1=a&Url=u'
    deepEqual(decode('CreateOpenIDConnectProvider', form), { Url: 'u', ClientIDList: ['a', 'b', 'c'] })
    deepEqual(decode('CreateOpenIDConnectProvider', 'Url=u&ClientIDList='), { Url: 'u', ClientIDList: [] })
    const tags = 'UserName=u&Tags.member.1.Key=a&Tags.member.1.Value=1&Tags.member.2.Value=&Tags.member.2.Key=b'
    deepEqual(decode('TagUser', tags), {
      UserName: 'u',
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '' },
      ],
    })
  })

  it('is refused when a name is given twice, or means two things', () => {
    for (const form of [
      'UserName=a&UserName=a',
      'UserName=a&UserName.member.1=b',
      'UserName.x=a',
      'UserName.=a',
      '.UserName=a',
    ]) {
      refused('GetUser', form, 'MalformedQueryString')
    }
    for (const form of [
      'Url=u&ClientIDList=a&ClientIDList.member.1=b',
      'Url=u&ClientIDList.member=a',
      'Url=u&ClientIDList.1=a',
      'Url=u&ClientIDList.member.0=a',
      'Url=u&ClientIDList.member.01=a',
      'Url=u&ClientIDList.member.x=a',
      'Url=u&ClientIDList.member.1.2=a',
      'Url=u&ClientIDList.entry.1=a',
    ]) {
      refused('CreateOpenIDConnectProvider', form, 'MalformedQueryString')
    }
  })

  it('is refused with a parameter the action does not have, which would change nothing in silence', () => {
    for (const form of ['Name=a', 'username=a', '__proto__=a', 'constructor.name=a', 'toString=a']) {
      refused('GetUser', form, 'MalformedQueryString')
    }
    refused(
      'TagUser',
      'UserName=u&Tags.member.1.Key=a&Tags.member.1.Value=b&Tags.member.1.More=c',
      'MalformedQueryString',
    )
  })

  it('is bounded in parameters and in the depth of their names', () => {
    const many = Array.from({ length: 4097 }, (_, at) => `P${at}=1`).join('&')
    refused('GetUser', many, 'MalformedQueryString')
    refused('GetUser', `${'a.'.repeat(1000)}b=1`, 'MalformedQueryString')
  })

  it('has numbers, flags, dates and bytes in their one form', () => {
    const role = 'RoleArn=r&RoleSessionName=s&DurationSeconds='
    deepEqual(decode('AssumeRole', `${role}900`), { RoleArn: 'r', RoleSessionName: 's', DurationSeconds: 900 })
    deepEqual(decode('AssumeRole', `${role}-1`), { RoleArn: 'r', RoleSessionName: 's', DurationSeconds: -1 })
    for (const text of ['', '1.5', '1e3', '0x10', ' 900', '٩', '9'.repeat(16)]) {
      refused('AssumeRole', role + encodeURIComponent(text), 'InvalidParameterValue')
    }
    const list = 'PolicyArn=p&PolicyDocument=d&SetAsDefault='
    equal((decode('CreatePolicyVersion', `${list}true`) as { SetAsDefault: unknown }).SetAsDefault, true)
    for (const text of ['True', '1', '', 'yes']) refused('CreatePolicyVersion', list + text, 'InvalidParameterValue')
  })

  it("says all that is missing at once, in AWS's words", () => {
    throws(() => decode('AssumeRole', ''), {
      code: 'ValidationError',
      message:
        "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; " +
        "Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null",
    })
    throws(() => decode('TagUser', 'UserName=u&Tags.member.1.Key=a'), /'tags\.member\.1\.Value'/)
  })
})
