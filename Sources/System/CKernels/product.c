#include "CKernels.h"
typedef int ckernels_translation_unit;
