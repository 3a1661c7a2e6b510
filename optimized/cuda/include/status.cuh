// The bits of `status`, as in draftproof.optimized.results.
#pragma once

namespace draftproof {

enum Status { kOk = 0, kDegenerate = 1, kInvalidToken = 2, kNanSeen = 4, kInvalidLength = 16 };

}  // namespace draftproof
