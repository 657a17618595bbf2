import { describe, expect, it } from '@jest/globals';
import { aNode, given, type SimulatedNode } from '#testing';

const token = { $sealed: 'key.x' };
const beat = { callbackUrl: 'https://10.0.0.9:9999', version: '13.0.0', verifyCa: null, tokenMatches: true };

const booting = (): SimulatedNode => {
  const node = aNode().available();
  node.send('DeployNode', {});
  node.begin();
  node.wait();
  return node;
};

describe('an agent', () => {
  it('gets its token once in a boot', () => {
    const node = booting();
    given(node).when('IssueAgentToken', { token, boot: 'b1', address: '10.0.0.9' }).then('AgentTokenIssued');
    given(node).when('ConnectAgent', beat).then('AgentConnected');
    given(node).when('IssueAgentToken', { token, boot: 'b2', address: '10.0.0.9' }).thenNothingHappens();
  });

  it('gets a new one when it asks again from the same place before its first heartbeat: an answer may be lost', () => {
    const node = booting();
    node.send('IssueAgentToken', { token, boot: 'b1', address: '10.0.0.9' });
    given(node)
      .when('IssueAgentToken', { token: { $sealed: 'key.y' }, boot: 'b2', address: '10.0.0.66' })
      .thenNothingHappens();
    given(node)
      .when('IssueAgentToken', { token: { $sealed: 'key.y' }, boot: 'b2', address: '10.0.0.9' })
      .then('AgentTokenIssued');
    expect(node.node.agent?.token).toEqual({ $sealed: 'key.y' });
  });

  it('is expected only in some states', () => {
    given(aNode().available())
      .when('IssueAgentToken', { token, boot: 'b1', address: null })
      .thenProblem('agent.unexpected');
    given(aNode().available({ driver_info: { fast_track: true } }))
      .when('IssueAgentToken', { token, boot: 'b1', address: null })
      .then('AgentTokenIssued');
  });

  it('is refused with another token, address or certificate', () => {
    const node = booting();
    given(node).when('ConnectAgent', beat).thenProblem('agent.token-invalid');
    node.send('IssueAgentToken', { token, boot: 'b1', address: '10.0.0.9' });
    given(node)
      .when('ConnectAgent', { ...beat, tokenMatches: false })
      .thenProblem('agent.token-invalid');
    node.send('ConnectAgent', { ...beat, verifyCa: 'PEM' });
    given(node)
      .when('ConnectAgent', { ...beat, callbackUrl: 'https://10.0.0.66:9999' })
      .thenProblem('request.invalid', 'callback_url');
    given(node)
      .when('ConnectAgent', { ...beat, verifyCa: 'OTHER' })
      .thenProblem('request.invalid', 'agent_verify_ca');
    given(node)
      .when('ConnectAgent', { ...beat, verifyCa: 'PEM' })
      .thenNothingHappens();
  });

  it('is forgotten when the next operation begins, unless it goes on by fast track', () => {
    for (const fast_track of [false, true]) {
      const node = aNode().manageable({ driver_info: { fast_track: true } });
      node.send('IssueAgentToken', { token, boot: 'b1', address: '10.0.0.9' });
      node.send('ConnectAgent', beat);
      if (!fast_track)
        node.send('PatchNode', { patch: [{ op: 'replace', path: '/driver_info/fast_track', value: false }] });
      node.send('InspectNode', {});
      expect(node.node.agent === null).toBe(!fast_track);
    }
  });
});
