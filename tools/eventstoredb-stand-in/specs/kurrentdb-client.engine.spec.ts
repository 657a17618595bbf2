import * as kurrent from '@kurrent/kurrentdb-client';
import { standInContract } from './contract.js';

standInContract({
  name: '@kurrent/kurrentdb-client',
  module: { ...kurrent, Client: kurrent.KurrentDBClient },
  scheme: 'kurrentdb',
  filtersReads: true,
  keepsMilliseconds: false,
  badRead: () => ({ type: 'unavailable', message: 'UnavailableError' }),
});
