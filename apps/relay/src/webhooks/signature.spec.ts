import { describe, expect, it } from '@jest/globals';
import { signedHeaders } from './signature.js';

describe('The signature of a delivery', () => {
  it('is that of the Standard Webhooks libraries', () => {
    // The example that their tests share.
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
    expect(signedHeaders(secret, id, 1_614_265_330_999, '{"test": 2432232314}')).toEqual({
      'webhook-id': id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });
});
