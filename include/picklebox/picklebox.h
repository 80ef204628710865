// All of picklebox in one include. scanner.h is where to start.
#ifndef PICKLEBOX_PICKLEBOX_H_
#define PICKLEBOX_PICKLEBOX_H_

#include "picklebox/acceptance.h"
#include "picklebox/configuration.h"
#include "picklebox/embedded_code.h"
#include "picklebox/finding.h"
#include "picklebox/finding_help.h"
#include "picklebox/graph.h"
#include "picklebox/graph_view.h"
#include "picklebox/inspection.h"
#include "picklebox/limits.h"
#include "picklebox/policy.h"
#include "picklebox/policy_check.h"
#include "picklebox/policy_rules.h"
#include "picklebox/report.h"
#include "picklebox/report_writer.h"
#include "picklebox/requirements.h"
#include "picklebox/saved_report.h"
#include "picklebox/scanner.h"
#include "picklebox/sink.h"
#include "picklebox/threats.h"
#include "picklebox/verdict.h"

#endif  // PICKLEBOX_PICKLEBOX_H_
