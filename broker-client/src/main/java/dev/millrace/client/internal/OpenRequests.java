package dev.millrace.client.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Numbers the requests of one connection and keeps who waits for their answers. Thread: loop.
 *
 * <p>A request lies at its number's place, and a number whose place is taken is passed over, so nothing is ever searched: in
 * a hash table a thousand numbers in a row are one long chain, which each removal followed.
 */
final class OpenRequests {
    private static final int PLACES_INITIAL = 64;

    private int[] ids = new int[PLACES_INITIAL];
    private AnswerHandler[] handlers = new AnswerHandler[PLACES_INITIAL];
    private int count;
    private int lastId;

    OpenRequests() {
        this(0);
    }

    OpenRequests(int lastId) {
        this.lastId = lastId;
    }

    /** Returns the request's number: from 1 on, and again when the largest was given. */
    int add(AnswerHandler handler) {
        if (2 * count >= handlers.length) {
            grow();
        }
        int place;
        do {
            // 0 is the broker's own; a subscription may live longer than the numbers last.
            lastId = lastId == Integer.MAX_VALUE ? 1 : lastId + 1;
            place = placeOf(lastId);
        } while (handlers[place] != null);
        ids[place] = lastId;
        handlers[place] = handler;
        count++;
        return lastId;
    }

    private int placeOf(int id) {
        return id & (handlers.length - 1);
    }

    /** What had places of its own has them in a table of twice the size. */
    private void grow() {
        int[] oldIds = ids;
        AnswerHandler[] oldHandlers = handlers;
        ids = new int[2 * oldIds.length];
        handlers = new AnswerHandler[2 * oldHandlers.length];
        for (int i = 0; i < oldHandlers.length; i++) {
            if (oldHandlers[i] != null) {
                int place = placeOf(oldIds[i]);
                ids[place] = oldIds[i];
                handlers[place] = oldHandlers[i];
            }
        }
    }

    /** Null where nobody waits. */
    AnswerHandler get(int id) {
        int place = placeOf(id);
        return ids[place] == id ? handlers[place] : null;
    }

    void remove(int id) {
        int place = placeOf(id);
        if (ids[place] == id && handlers[place] != null) {
            handlers[place] = null;
            count--;
        }
    }

    /** Who waits, in no order; afterwards nobody does. */
    List<AnswerHandler> takeAll() {
        List<AnswerHandler> all = new ArrayList<>(count);
        for (AnswerHandler handler : handlers) {
            if (handler != null) {
                all.add(handler);
            }
        }
        Arrays.fill(handlers, null);
        count = 0;
        return all;
    }
}
