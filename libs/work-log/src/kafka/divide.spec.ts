import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assign } from '#hash-ring';
import { type GroupMember, divide, doubledHosts } from './divide.js';
import { decodeMemberData, encodeMemberData } from './member-data.js';

const PARTITIONS = 64;

const aMember = (host: string, owned: readonly number[] = [], memberId = `${host} 1`): GroupMember => ({
  memberId,
  data: { version: 1, host, weight: 1, memberId, owned },
});
/** The member as it joins after it was told what it has. */
const having = ({ data, memberId }: GroupMember, owned: readonly number[] = []): GroupMember => ({
  memberId,
  data: data && { ...data, memberId, owned },
});
const shareOf = (host: string, ...hosts: string[]) =>
  assign(
    hosts.map(each => ({ host: each })),
    PARTITIONS,
  ).get(host);

describe('divide', () => {
  it('gives everybody a share of the ring where nobody has anything', () => {
    const divided = divide([aMember('a'), aMember('b')], PARTITIONS);
    expect(divided.get('a 1')).toEqual(shareOf('a', 'a', 'b'));
    expect(divided.get('b 1')).toEqual(shareOf('b', 'a', 'b'));
  });

  it('gives what moves to nobody until its holder joins without it', () => {
    const [a, b] = [aMember('a', shareOf('a', 'a')), aMember('b')];
    const first = divide([a, b], PARTITIONS);
    expect(first.get('a 1')).toEqual(shareOf('a', 'a', 'b'));
    expect(first.get('b 1')).toEqual([]);
    const second = divide([having(a, first.get('a 1')), b], PARTITIONS);
    expect(second.get('b 1')).toEqual(shareOf('b', 'a', 'b'));
  });

  it('does not count what an expelled member believes to have', () => {
    const expelled = { memberId: 'a 2', data: aMember('a', shareOf('a', 'a')).data };
    const b = aMember('b', shareOf('b', 'a', 'b'));
    const divided = divide([expelled, b], PARTITIONS);
    expect(divided.get('a 2')).toEqual(shareOf('a', 'a', 'b'));
    expect(divided.get('b 1')).toEqual(shareOf('b', 'a', 'b'));
  });

  it('gives a host that is there twice to the one that works already', () => {
    const members = [aMember('a', [], 'a 0'), aMember('a', shareOf('a', 'a'), 'a 1')];
    expect([doubledHosts(members), doubledHosts([aMember('a'), aMember('b')])]).toEqual([['a'], []]);
    const divided = divide(members, PARTITIONS);
    expect(divided.get('a 0')).toEqual([]);
    expect(divided.get('a 1')).toEqual(shareOf('a', 'a'));
  });

  it('gives nothing to members that it does not understand', () => {
    const divided = divide([aMember('a'), { memberId: 'x', data: undefined }], PARTITIONS);
    expect(divided.get('x')).toEqual([]);
    expect(divided.get('a 1')).toHaveLength(PARTITIONS);
  });

  it('ends with the shares of the ring, and never has two owners on the way', () => {
    const hosts = fc.subarray(['a', 'b', 'c', 'd', 'e'], { minLength: 1 });
    fc.assert(
      fc.property(fc.array(hosts, { minLength: 1, maxLength: 6 }), generations => {
        let group: GroupMember[] = [];
        for (const present of generations) {
          group = present.map(host => group.find(({ data }) => data?.host === host) ?? aMember(host));
          // Once to give up what moves, once more to give it.
          for (let round = 0; round < 2; round += 1) {
            const divided = divide(group, PARTITIONS);
            const given = group.map(member => ({ member, partitions: divided.get(member.memberId) ?? [] }));
            for (const { partitions, member } of given) {
              const others = group.filter(other => other !== member).flatMap(({ data }) => data?.owned ?? []);
              expect(partitions.filter(partition => others.includes(partition))).toEqual([]);
            }
            group = given.map(({ member, partitions }) => having(member, partitions));
          }
          for (const { data } of group) expect(data?.owned).toEqual(shareOf(data!.host, ...present));
        }
      }),
    );
  });
});

describe('The member data', () => {
  it('come back as they were told', () => {
    const { data } = aMember('a', [1, 2]);
    expect(decodeMemberData(encodeMemberData(data!))).toEqual(data);
  });

  it('may be those of an older or a newer release', () => {
    const newer = { version: 7, host: 'a', weight: 2, memberId: 'm', owned: [1], more: true };
    expect(decodeMemberData(Buffer.from(JSON.stringify(newer)))).toMatchObject({ host: 'a', weight: 2, owned: [1] });
    expect(decodeMemberData(Buffer.from('{"host":"a"}'))).toMatchObject({ host: 'a', weight: 1, owned: [] });
  });

  it.each(['', 'no JSON', '{"host":1}', '{"host":"a","weight":0}'])('are none where they are "%s"', text => {
    expect(decodeMemberData(Buffer.from(text))).toBeUndefined();
  });
});
