// Code in the texts of a pickle, which nothing in the pickle makes.
#ifndef PICKLEBOX_BOX_ENCODED_CODE_H_
#define PICKLEBOX_BOX_ENCODED_CODE_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "code/base64.h"
#include "code/pickled.h"
#include "graph/builder.h"

namespace picklebox::box {

// Texts of the pickle that was executed last; of one that names Keras, its long
// bytes too, which may hold a saved model. Costs next to nothing where a pickle
// has no long texts and none that may hold code. Short texts have no place: the
// offset of their code is 0.
std::vector<code::EncodedCode> EncodedIn(const graph::GraphBuilder& builder,
                                         absl::string_view encoding,
                                         bool names_keras,
                                         const code::ReadExtent& read);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_ENCODED_CODE_H_
