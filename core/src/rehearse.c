#include "bitspin/rehearse.h"

#include "learner.h"

/* Learn from the store's next sample, read into the slot where bs_learn wants it. */
static bs_status rehearse_one(bs_learner *learner, bs_store *store)
{
    uint32_t *slot = learner->slots + learner->stored * learner->slot_words;
    uint32_t label;
    uint32_t index = store->next < store->count ? store->next : 0;
    if (store->read(store->context, index, bs_slot_input(learner, slot, 0), &label) != 0) {
        return BS_ERROR_FLASH;
    }
    store->next = index + 1u;
    return bs_learn(learner, slot, label);
}

bs_status bs_learn_and_rehearse(bs_learner *learner, const uint32_t *input, uint32_t label,
                                bs_store *stores, uint32_t store_count, uint32_t times)
{
    bs_status status = bs_learn(learner, input, label);
    for (uint32_t turn = 0; turn < times; turn++) {
        for (uint32_t s = 0; s < store_count && status == BS_OK; s++) {
            if (stores[s].count != 0) {
                status = rehearse_one(learner, &stores[s]);
            }
        }
    }
    return status;
}
