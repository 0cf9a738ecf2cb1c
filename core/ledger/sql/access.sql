-- SPDX-License-Identifier: GPL-3.0-or-later
-- Who may do what in a studio's ledger, held by PostgreSQL itself: whatever program somebody writes with their
-- login, it can do what their roles may and nothing else. Run by `clearance ledger setup`, again at every update.
--
-- A login is a member when it has one of the roles clearance_<role>. Who somebody is, is session_user: SET ROLE
-- does not change it. The login that owns the tables looks after the database and is not held back here; it is
-- nobody's login for daily work.

-- Roles ---------------------------------------------------------------------------------------------------

DO $do$
DECLARE
    each text;
BEGIN
    FOREACH each IN ARRAY ARRAY['member', 'artist', 'buyer', 'approver', 'legal', 'finance', 'admin', 'auditor'] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'clearance_' || each) THEN
            EXECUTE 'CREATE ROLE clearance_' || each || ' NOLOGIN';
        END IF;
        IF each <> 'member' AND NOT pg_has_role('clearance_' || each, 'clearance_member', 'member') THEN
            EXECUTE 'GRANT clearance_member TO clearance_' || each;
        END IF;
    END LOOP;
END
$do$;

-- What is asked again and again -----------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION clearance_is_owner() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM pg_tables
        WHERE schemaname = 'public' AND tablename = 'audit' AND pg_has_role(session_user, tableowner::name, 'member')
    )
$$;

CREATE OR REPLACE FUNCTION clearance_is(role text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT pg_has_role(session_user, ('clearance_' || role)::name, 'member')
$$;

CREATE OR REPLACE FUNCTION clearance_sees_all() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT clearance_is('legal') OR clearance_is('finance') OR clearance_is('admin') OR clearance_is('auditor')
$$;

CREATE OR REPLACE FUNCTION clearance_works_on(project text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM project_members m
        WHERE m.project_id = project AND m.member_id = session_user::text AND m.removed_at IS NULL
    )
$$;

CREATE OR REPLACE FUNCTION clearance_sees(project text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT clearance_sees_all() OR clearance_works_on(project)
$$;

-- A budget is a project's, or a department's: then everybody sees it who works on a project of that department.
CREATE OR REPLACE FUNCTION clearance_sees_budget(project text, wanted_department text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT clearance_sees_all() OR clearance_works_on(project) OR EXISTS (
        SELECT 1 FROM project_members m JOIN projects p ON p.id = m.project_id
        WHERE m.member_id = session_user::text AND m.removed_at IS NULL
          AND wanted_department <> '' AND p.department = wanted_department
    )
$$;

-- An amount is 'money:<minor units>:<currency>' or 'credits:<number>:<unit>'.
CREATE OR REPLACE FUNCTION clearance_minor(cost text) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN split_part(cost, ':', 1) = 'money' THEN split_part(cost, ':', 2)::numeric END
$$;

CREATE OR REPLACE FUNCTION clearance_currency(cost text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN split_part(cost, ':', 1) = 'money' THEN split_part(cost, ':', 3) END
$$;

-- What is still set aside in a budget for a request.
CREATE OR REPLACE FUNCTION clearance_set_aside(budget text, request text) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(sum(CASE kind WHEN 'commit' THEN clearance_minor(amount) ELSE -clearance_minor(amount) END), 0)
    FROM budget_entries WHERE budget_id = budget AND subject = request AND kind IN ('commit', 'release')
$$;

CREATE OR REPLACE FUNCTION clearance_refuse(why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = why, ERRCODE = 'insufficient_privilege';
END
$$;

-- Whether an amount stays within every limit of a kind that fits. Without a limit of the kinds OWN and AUTO nothing
-- is allowed, without one of the others everything is. A limit in another currency cannot be
-- compared: where there is none in this currency, nothing is allowed.
CREATE OR REPLACE FUNCTION clearance_within(wanted_kind text, project text, shop text, wanted text)
RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    bound record;
    found_one boolean := false;
    comparable boolean := false;
BEGIN
    IF clearance_minor(wanted) IS NULL THEN
        RETURN wanted_kind NOT IN ('own', 'auto');
    END IF;
    FOR bound IN
        SELECT l.amount FROM limits l
        WHERE l.kind = wanted_kind AND l.period = 'request' AND l.ended_at IS NULL
          AND (l.role = '' OR clearance_is(l.role)) AND l.project_id IN ('', project)
          AND l.marketplace IN ('', shop)
    LOOP
        found_one := true;
        IF clearance_currency(bound.amount) = clearance_currency(wanted) THEN
            comparable := true;
            IF clearance_minor(wanted) > clearance_minor(bound.amount) THEN
                RETURN false;
            END IF;
        END IF;
    END LOOP;
    RETURN comparable OR NOT found_one AND wanted_kind NOT IN ('own', 'auto');
END
$$;

-- Whether one more order stays within every monthly limit of who is asking.
CREATE OR REPLACE FUNCTION clearance_month_within(project_now text, shop text, wanted text)
RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    bound record;
    found_one boolean := false;
    comparable boolean := false;
    month_start text := to_char(date_trunc('month', now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD');
    spent numeric;
BEGIN
    IF clearance_minor(wanted) IS NULL THEN
        RETURN true;
    END IF;
    FOR bound IN
        SELECT * FROM limits l
        WHERE l.kind = 'spend' AND l.period = 'month' AND l.ended_at IS NULL
          AND (l.role = '' OR clearance_is(l.role)) AND l.project_id IN ('', project_now)
          AND l.marketplace IN ('', shop)
    LOOP
        SELECT coalesce(sum(clearance_minor(o.cost)), 0) INTO spent FROM orders o
            WHERE o.buyer = session_user::text AND o.created_at >= month_start
              AND o.state NOT IN ('failed', 'refunded')
              AND clearance_currency(o.cost) = clearance_currency(wanted)
              AND (bound.project_id = '' OR o.project = bound.project_id)
              AND (bound.marketplace = '' OR o.marketplace = bound.marketplace);
        found_one := true;
        IF clearance_currency(bound.amount) = clearance_currency(wanted) THEN
            comparable := true;
            IF spent + clearance_minor(wanted) > clearance_minor(bound.amount) THEN
                RETURN false;
            END IF;
        END IF;
    END LOOP;
    RETURN comparable OR NOT found_one;
END
$$;

-- Rights ----------------------------------------------------------------------------------------------------

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO clearance_member;
GRANT SELECT ON schema_version, audit_tail, quotes, approvals, orders, receipts, grants, files, documents, refunds,
    terms, usages, resolutions, declarations, fingerprints, members, projects, project_members, limits,
    payment_methods, buy_requests, request_items, seat_pools, seats, agreements, renewals, reminders,
    delivery_checks, offered_facts, exchange_rates, usage_prices TO clearance_member;
GRANT SELECT (sequence, prev_sha256, entry_sha256) ON audit TO clearance_member;
GRANT SELECT ON audit TO clearance_auditor, clearance_admin, clearance_finance, clearance_legal;
GRANT SELECT ON budgets, budget_entries, payments TO clearance_member;
GRANT SELECT ON invoices, invoice_lines, number_series TO clearance_finance, clearance_auditor;

GRANT INSERT ON quotes, offered_facts TO clearance_artist, clearance_buyer, clearance_approver;
GRANT INSERT ON terms TO clearance_artist, clearance_buyer, clearance_approver, clearance_finance, clearance_legal;
GRANT INSERT, UPDATE, DELETE ON usages TO clearance_artist, clearance_buyer;
GRANT INSERT ON files, fingerprints, delivery_checks TO clearance_artist, clearance_buyer;
GRANT DELETE ON fingerprints TO clearance_artist, clearance_buyer;
GRANT INSERT ON declarations TO clearance_artist, clearance_legal;
GRANT UPDATE (withdrawn_at) ON declarations TO clearance_artist, clearance_legal;
GRANT INSERT ON resolutions TO clearance_legal;
GRANT INSERT, UPDATE ON buy_requests, request_items TO clearance_artist, clearance_buyer;
GRANT UPDATE ON buy_requests TO clearance_approver;
GRANT INSERT ON approvals TO clearance_approver, clearance_buyer;
GRANT INSERT, UPDATE ON orders TO clearance_buyer, clearance_finance;
GRANT INSERT ON receipts, grants, payments, documents TO clearance_buyer, clearance_finance;
GRANT UPDATE (state, state_changed_at) ON grants TO clearance_finance, clearance_legal;
GRANT INSERT, UPDATE ON refunds TO clearance_finance;
GRANT INSERT ON refunds TO clearance_buyer;
GRANT INSERT ON documents TO clearance_legal;
GRANT INSERT, UPDATE ON seats TO clearance_artist, clearance_approver, clearance_admin;
-- Of licenses that stand no more, see clearance_check_seat.
GRANT UPDATE ON seats TO clearance_finance, clearance_legal;
GRANT INSERT, UPDATE ON seat_pools TO clearance_admin, clearance_finance;
GRANT INSERT, UPDATE ON members, projects, project_members, limits, payment_methods TO clearance_admin;
GRANT INSERT ON payment_methods TO clearance_buyer, clearance_finance;
GRANT INSERT, UPDATE ON budgets TO clearance_admin, clearance_finance;
GRANT INSERT ON budget_entries TO clearance_artist, clearance_approver, clearance_buyer, clearance_finance;
GRANT INSERT, UPDATE ON agreements, renewals TO clearance_legal, clearance_admin;
GRANT INSERT ON reminders TO clearance_member;
GRANT INSERT ON invoices, exchange_rates, usage_prices TO clearance_finance;
GRANT INSERT, UPDATE ON invoice_lines, number_series TO clearance_finance;
DO $do$
DECLARE
    each record;
BEGIN
    FOR each IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
        EXECUTE format('GRANT USAGE ON SEQUENCE public.' || quote_ident(each.sequencename) || ' TO clearance_member');
    END LOOP;
END
$do$;

-- Whose rows one sees -----------------------------------------------------------------------------------------

-- A quote holds a price and belongs to nobody's project yet: it is seen by who asked for it.
ALTER TABLE quotes ADD COLUMN IF NOT EXISTS quoted_by_login text NOT NULL DEFAULT session_user;

DO $do$
DECLARE
    each record;
BEGIN
    FOR each IN SELECT * FROM (VALUES
        ('orders', 'clearance_sees(project)'),
        ('buy_requests', 'clearance_sees(project_id)'),
        ('request_items',
            'EXISTS (SELECT 1 FROM buy_requests r WHERE r.id = request_id)'),
        ('quotes', 'clearance_sees_all() OR quoted_by_login = session_user::text
            OR EXISTS (SELECT 1 FROM orders o WHERE o.quote_id = quotes.id)
            OR EXISTS (SELECT 1 FROM request_items i WHERE i.quote_id = quotes.id)'),
        ('approvals', 'EXISTS (SELECT 1 FROM quotes q WHERE q.id = quote_id)'),
        ('receipts', 'EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id)'),
        ('documents', 'EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id)'),
        ('refunds', 'EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id)'),
        ('payments', 'EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id)'),
        ('budgets', 'clearance_sees_budget(project_id, department)'),
        ('budget_entries', 'EXISTS (SELECT 1 FROM budgets b WHERE b.id = budget_id)')
    ) AS t(name, visible) LOOP
        EXECUTE 'ALTER TABLE ' || each.name || ' ENABLE ROW LEVEL SECURITY';
        EXECUTE 'DROP POLICY IF EXISTS clearance_see ON ' || each.name;
        EXECUTE 'CREATE POLICY clearance_see ON ' || each.name || ' FOR SELECT USING (' || each.visible || ')';
        EXECUTE 'DROP POLICY IF EXISTS clearance_write ON ' || each.name;
        -- What hangs on an order is written for orders that one sees; all else is checked row by row below.
        EXECUTE 'CREATE POLICY clearance_write ON ' || each.name || ' FOR INSERT WITH CHECK ('
            || CASE WHEN each.name IN ('receipts', 'documents', 'refunds', 'payments')
               THEN each.visible ELSE 'true' END || ')';
        EXECUTE 'DROP POLICY IF EXISTS clearance_update ON ' || each.name;
        EXECUTE 'CREATE POLICY clearance_update ON ' || each.name || ' FOR UPDATE USING (' || each.visible || ')';
    END LOOP;
END
$do$;

-- What a role may write ---------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION clearance_check_quote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    NEW.quoted_by_login := session_user;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION clearance_check_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT clearance_is_owner()
       AND encode(sha256(convert_to(NEW.body, 'UTF8')), 'hex') <> NEW.terms_sha256 THEN
        PERFORM clearance_refuse('license terms are kept under their own hash only');
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION clearance_check_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    me text := session_user;
    own boolean;
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    own := NEW.requested_by = me;
    IF NOT clearance_sees(NEW.project_id) THEN
        PERFORM clearance_refuse('you do not work on this project');
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NOT own OR NEW.state NOT IN ('draft', 'open') OR NEW.decided_by <> '' OR NEW.decided_at IS NOT NULL THEN
            PERFORM clearance_refuse('a request is made in one''s own name, and decided by somebody else');
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.project_id, NEW.requested_by, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.project_id, OLD.requested_by, OLD.created_at) THEN
        PERFORM clearance_refuse('whose request it is never changes');
    END IF;
    IF NEW.state = 'approved' AND OLD.state = 'open' THEN
        IF NEW.decided_by <> me OR (NEW.total, NEW.binding_sha256) IS DISTINCT FROM (OLD.total, OLD.binding_sha256) THEN
            PERFORM clearance_refuse('an approval is given in one''s own name, for what was asked');
        END IF;
        IF EXISTS (
            SELECT 1 FROM request_items i
            WHERE i.request_id = NEW.id AND i.state = 'waiting' AND clearance_minor(i.cost) IS NOT NULL
            GROUP BY i.request_id
            HAVING sum(clearance_minor(i.cost)) IS DISTINCT FROM clearance_minor(NEW.total)
                OR bool_or(clearance_currency(i.cost) IS DISTINCT FROM clearance_currency(NEW.total))
        ) THEN
            PERFORM clearance_refuse('the items do not cost what the request says');
        END IF;
        IF clearance_is('approver') AND NOT own
           AND clearance_within('approve', NEW.project_id, '', NEW.total) THEN
            RETURN NEW;
        END IF;
        IF own AND clearance_is('approver') AND clearance_within('own', NEW.project_id, '', NEW.total)
           AND clearance_within('approve', NEW.project_id, '', NEW.total) THEN
            RETURN NEW;
        END IF;
        IF own AND clearance_within('auto', NEW.project_id, '', NEW.total) THEN
            RETURN NEW;
        END IF;
        PERFORM clearance_refuse('your roles and limits do not let you approve this request');
    END IF;
    IF NEW.state = 'declined' AND OLD.state = 'open' AND clearance_is('approver') AND NEW.decided_by = me THEN
        RETURN NEW;
    END IF;
    IF OLD.state IN ('draft', 'open') AND NEW.state IN ('draft', 'open', 'withdrawn') AND own
       AND (NEW.decided_by, NEW.decided_at) IS NOT DISTINCT FROM (OLD.decided_by, OLD.decided_at) THEN
        RETURN NEW;
    END IF;
    IF OLD.state = 'approved' AND NEW.state = 'withdrawn' AND own THEN
        RETURN NEW;
    END IF;
    -- The studio owns all of it: nobody has to be asked.
    IF OLD.state = 'draft' AND NEW.state = 'done' AND own
       AND (NEW.decided_by, NEW.decided_at) IS NOT DISTINCT FROM (OLD.decided_by, OLD.decided_at)
       AND NOT EXISTS (SELECT 1 FROM request_items i
                       WHERE i.request_id = NEW.id AND i.state NOT IN ('covered', 'left_out')) THEN
        RETURN NEW;
    END IF;
    IF clearance_is('buyer') AND (OLD.state, NEW.state) IN
           (('approved', 'buying'), ('approved', 'open'), ('buying', 'buying'), ('buying', 'done'))
       AND (NEW.decided_by, NEW.decided_at, NEW.decision_reason)
           IS NOT DISTINCT FROM (OLD.decided_by, OLD.decided_at, OLD.decision_reason)
       AND (NEW.state = 'open' OR (NEW.total, NEW.binding_sha256, NEW.expires_at)
           IS NOT DISTINCT FROM (OLD.total, OLD.binding_sha256, OLD.expires_at)) THEN
        RETURN NEW;
    END IF;
    PERFORM clearance_refuse('your roles do not let you change a request in this way');
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION clearance_check_item() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    about buy_requests;
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    SELECT * INTO about FROM buy_requests WHERE id = NEW.request_id;
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.request_id, NEW.marketplace, NEW.listing_id)
       IS DISTINCT FROM (OLD.id, OLD.request_id, OLD.marketplace, OLD.listing_id) THEN
        PERFORM clearance_refuse('what an item is about never changes');
    END IF;
    IF about.requested_by = session_user::text AND about.state = 'draft' THEN
        RETURN NEW;
    END IF;
    -- From here on somebody decides, or has decided, about exactly this quote and price.
    IF TG_OP = 'UPDATE' AND (NEW.quote_id, NEW.cost, NEW.license_label, NEW.variant)
       IS NOT DISTINCT FROM (OLD.quote_id, OLD.cost, OLD.license_label, OLD.variant) THEN
        IF about.requested_by = session_user::text AND about.state = 'open' AND NEW.state = 'left_out' THEN
            RETURN NEW;
        END IF;
        IF clearance_is('buyer') AND clearance_sees(about.project_id)
           AND about.state IN ('approved', 'buying') THEN
            RETURN NEW;
        END IF;
    END IF;
    PERFORM clearance_refuse('items are put together by who asks, and bought by a buyer once approved');
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION clearance_check_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    quoted quotes;
    item request_items;
    request buy_requests;
    project text;
    own boolean;
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    IF NEW.approved_by <> session_user::text THEN
        PERFORM clearance_refuse('an approval is given in one''s own name');
    END IF;
    SELECT * INTO quoted FROM quotes WHERE id = NEW.quote_id;
    SELECT * INTO item FROM request_items WHERE quote_id = NEW.quote_id ORDER BY serial DESC LIMIT 1;
    SELECT * INTO request FROM buy_requests WHERE id = item.request_id;
    IF request.id IS NOT NULL AND (NOT clearance_sees(request.project_id)
       OR (item.cost, item.marketplace, item.listing_id)
          IS DISTINCT FROM (quoted.cost, quoted.marketplace, quoted.listing_id)) THEN
        PERFORM clearance_refuse('this quote is not of a request that you may decide on');
    END IF;
    IF request.id IS NULL AND quoted.quoted_by_login <> session_user::text AND NOT clearance_sees_all()
       AND NOT EXISTS (SELECT 1 FROM project_members a JOIN project_members b ON a.project_id = b.project_id
                       WHERE a.member_id = session_user::text AND b.member_id = quoted.quoted_by_login
                         AND a.removed_at IS NULL AND b.removed_at IS NULL) THEN
        PERFORM clearance_refuse('you do not work with who asked for this quote');
    END IF;
    project := coalesce(request.project_id, '');
    own := coalesce(request.requested_by, quoted.quoted_by_login) = session_user::text;
    -- What somebody else approved as a request, a buyer may turn into the approvals of its items.
    IF clearance_is('buyer') AND request.state IN ('approved', 'buying') AND request.decided_at IS NOT NULL
       AND item.state IN ('waiting', 'buying') THEN
        RETURN NEW;
    END IF;
    IF NOT clearance_is('approver') THEN
        PERFORM clearance_refuse('your roles do not let you approve');
    END IF;
    IF own AND NOT clearance_within('own', project, quoted.marketplace, quoted.cost) THEN
        PERFORM clearance_refuse('nobody approves their own purchase above the limit for it');
    END IF;
    IF NOT clearance_within('approve', project, quoted.marketplace, quoted.cost) THEN
        PERFORM clearance_refuse('this is above what you may approve');
    END IF;
    RETURN NEW;
END
$$;

-- As TRANSITIONS in core/model/order.py; the tests hold the two against each other.
CREATE OR REPLACE FUNCTION clearance_may_become(before text, after text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT before = after OR (before, after) IN (
        ('approved', 'submitting'), ('approved', 'awaiting_checkout'), ('approved', 'failed'),
        ('submitting', 'paid'), ('submitting', 'awaiting_checkout'), ('submitting', 'unknown'),
        ('submitting', 'failed'), ('unknown', 'paid'), ('unknown', 'awaiting_checkout'), ('unknown', 'failed'),
        ('awaiting_checkout', 'paid'), ('awaiting_checkout', 'failed'), ('paid', 'fulfilled'),
        ('paid', 'refunded'), ('fulfilled', 'refunded'), ('failed', 'paid')
    )
$$;

CREATE OR REPLACE FUNCTION clearance_check_order() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    yes approvals;
    quoted quotes;
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.key, NEW.quote_id, NEW.approval_id, NEW.marketplace, NEW.listing_id, NEW.project, NEW.buyer,
            NEW.cost, NEW.created_at)
           IS DISTINCT FROM (OLD.id, OLD.key, OLD.quote_id, OLD.approval_id, OLD.marketplace, OLD.listing_id,
            OLD.project, OLD.buyer, OLD.cost, OLD.created_at)
           OR NEW.version <> OLD.version + 1 THEN
            PERFORM clearance_refuse('what an order is about never changes');
        END IF;
        IF NOT clearance_may_become(OLD.state, NEW.state)
           OR (NEW.state = 'refunded' AND OLD.state <> 'refunded' AND NOT clearance_is('finance')) THEN
            PERFORM clearance_refuse('an order does not become that, or not by you');
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.buyer <> session_user::text THEN
        PERFORM clearance_refuse('an order is placed in one''s own name');
    END IF;
    IF NOT clearance_sees(NEW.project) THEN
        PERFORM clearance_refuse('you do not work on this project');
    END IF;
    IF NEW.approval_id IS NULL THEN
        IF NOT clearance_is('finance') THEN
            PERFORM clearance_refuse('nothing is bought without an approval');
        END IF;
        RETURN NEW;
    END IF;
    IF NOT clearance_is('buyer') THEN
        PERFORM clearance_refuse('your roles do not let you buy');
    END IF;
    SELECT * INTO yes FROM approvals WHERE id = NEW.approval_id;
    SELECT * INTO quoted FROM quotes WHERE id = yes.quote_id;
    IF yes.quote_id IS DISTINCT FROM NEW.quote_id OR quoted.cost IS DISTINCT FROM NEW.cost
       OR (quoted.marketplace, quoted.listing_id, quoted.license_id, quoted.terms_sha256)
          IS DISTINCT FROM (NEW.marketplace, NEW.listing_id, NEW.license_id, NEW.terms_sha256) THEN
        PERFORM clearance_refuse('this is not what was approved');
    END IF;
    IF yes.expires_at < to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') THEN
        PERFORM clearance_refuse('the approval is no longer valid');
    END IF;
    IF NOT clearance_within('spend', NEW.project, NEW.marketplace, NEW.cost) THEN
        PERFORM clearance_refuse('this is above what you may spend at once');
    END IF;
    IF NOT clearance_month_within(NEW.project, NEW.marketplace, NEW.cost) THEN
        PERFORM clearance_refuse('this is above what you may spend in a month');
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION clearance_check_grant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    bought orders;
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    SELECT * INTO bought FROM orders WHERE id = NEW.order_id;
    IF bought.id IS NULL OR NOT clearance_sees(bought.project) OR bought.state NOT IN ('paid', 'fulfilled')
       OR (bought.marketplace, bought.listing_id, bought.license_id)
          IS DISTINCT FROM (NEW.marketplace, NEW.listing_id, NEW.license_id) THEN
        PERFORM clearance_refuse('a license is booked for an order that was paid, and for nothing else');
    END IF;
    RETURN NEW;
END
$$;

-- How many seats a license has: as noted, as the agreement that holds today says, as its kept terms say; one where
-- it is sold by the seat and nobody noted how many. NULL: it counts none. As core/policy/seating.py and agreeing.py.
CREATE OR REPLACE FUNCTION clearance_seats_of(wanted_grant text) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    about grants;
    noted seat_pools;
    facts jsonb;
    said text;
    today text := to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD');
BEGIN
    SELECT * INTO noted FROM seat_pools WHERE id = wanted_grant;
    IF noted.id IS NOT NULL THEN RETURN noted.seats_max; END IF;
    SELECT * INTO about FROM grants WHERE id = wanted_grant;
    SELECT body::jsonb INTO facts FROM terms WHERE terms_sha256 = about.terms_sha256;
    IF facts IS NULL OR facts ->> 'license_id' LIKE '%.unknown' THEN RETURN NULL; END IF;
    -- What an agreement overrides is written a field a line.
    SELECT coalesce(substring(a.overrides FROM '(?n)^seats = ([0-9]+|"unlimited")$'), '') INTO said
        FROM agreements a
        WHERE a.marketplace = facts ->> 'marketplace' AND a.ended_at IS NULL AND a.starts_on <= today
          AND (a.ends_on IS NULL OR a.ends_on >= today)
          AND (a.license_ids::jsonb = '[]'::jsonb OR a.license_ids::jsonb ? (facts ->> 'license_id'))
        ORDER BY coalesce(nullif(jsonb_array_length(a.license_ids::jsonb), 0), 1000000), a.starts_on DESC,
                 a.noted_at DESC, a.id COLLATE "C" DESC
        LIMIT 1;
    IF said = '"unlimited"' THEN RETURN NULL; END IF;
    IF said <> '' THEN RETURN said::bigint; END IF;
    IF facts ? 'seats' THEN RETURN (facts #>> '{seats,limit}')::bigint; END IF;
    IF facts ? 'seat_kind' THEN RETURN 1; END IF;
    RETURN NULL;
END
$$;

-- Counting is only good for who sees what others committed meanwhile.
CREATE OR REPLACE FUNCTION clearance_see_now() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM clearance_refuse('seats and budgets are counted in transactions that are READ COMMITTED');
    END IF;
END
$$;

-- Seats and budgets are never exceeded, whoever writes: the owner's programs are held by these too.
CREATE OR REPLACE FUNCTION clearance_check_seat() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    seats bigint;
    taken bigint;
    standing text;
BEGIN
    PERFORM clearance_see_now();
    -- One at a time for each license, whether or not anybody noted how many seats it has.
    SELECT state INTO standing FROM grants WHERE id = NEW.grant_id FOR NO KEY UPDATE;
    IF NOT clearance_is_owner() THEN
        IF TG_OP = 'INSERT' AND NEW.assigned_by <> session_user::text THEN
            PERFORM clearance_refuse('a seat is assigned in one''s own name');
        END IF;
        IF TG_OP = 'INSERT' AND NOT (clearance_is('artist') OR clearance_is('approver') OR clearance_is('admin')) THEN
            PERFORM clearance_refuse('your roles do not let you have a seat');
        END IF;
        -- Who ends a license (finance, legal) releases its seats.
        IF NOT (TG_OP = 'UPDATE' AND NEW.released_at IS NOT NULL AND standing <> 'active'
                AND (clearance_is('finance') OR clearance_is('legal')))
           AND NOT (NEW.member_id = session_user::text AND clearance_is('artist'))
           AND NOT (clearance_is('approver') OR clearance_is('admin')) THEN
            PERFORM clearance_refuse('other people''s seats are for approvers and admins');
        END IF;
        IF TG_OP = 'UPDATE' AND (NEW.id, NEW.grant_id, NEW.member_id, NEW.device, NEW.assigned_at)
           IS DISTINCT FROM (OLD.id, OLD.grant_id, OLD.member_id, OLD.device, OLD.assigned_at) THEN
            PERFORM clearance_refuse('whose seat it is never changes');
        END IF;
    END IF;
    IF NEW.released_at IS NULL THEN
        IF standing <> 'active' THEN
            RAISE EXCEPTION USING MESSAGE = 'the license does not stand any more', ERRCODE = 'check_violation';
        END IF;
        seats := clearance_seats_of(NEW.grant_id);
        IF seats IS NOT NULL THEN
            SELECT count(*) INTO taken FROM seats s
                WHERE s.grant_id = NEW.grant_id AND s.released_at IS NULL AND s.id <> NEW.id;
            IF taken >= seats THEN
                RAISE EXCEPTION USING MESSAGE = 'no seat is left', ERRCODE = 'check_violation';
            END IF;
        END IF;
    END IF;
    RETURN NEW;
END
$$;

-- A number of seats is never noted below those that are taken.
CREATE OR REPLACE FUNCTION clearance_check_pool() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM clearance_see_now();
    PERFORM 1 FROM grants WHERE id = NEW.id FOR NO KEY UPDATE;
    IF NOT clearance_is_owner() AND NEW.noted_by <> session_user::text THEN
        PERFORM clearance_refuse('this is noted in one''s own name');
    END IF;
    IF NEW.seats_max < (SELECT count(*) FROM seats s WHERE s.grant_id = NEW.id AND s.released_at IS NULL) THEN
        RAISE EXCEPTION USING MESSAGE = 'more seats are taken than that', ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION clearance_check_budget() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    about budgets;
    asked buy_requests;
    used numeric;
    sign integer := CASE WHEN NEW.kind IN ('commit', 'spend') THEN 1 ELSE -1 END;
BEGIN
    SELECT * INTO about FROM budgets WHERE id = NEW.budget_id FOR UPDATE;
    IF NOT clearance_is_owner() THEN
        IF NEW."by" <> session_user::text THEN
            PERFORM clearance_refuse('an entry is made in one''s own name');
        END IF;
        IF NOT clearance_sees_budget(about.project_id, about.department) THEN
            PERFORM clearance_refuse('you do not work on this project');
        END IF;
        IF NEW.kind = 'refund' AND NOT clearance_is('finance') THEN
            PERFORM clearance_refuse('refunds are booked by finance');
        END IF;
        IF NEW.kind = 'release'
           AND clearance_minor(NEW.amount) > clearance_set_aside(NEW.budget_id, NEW.subject) THEN
            PERFORM clearance_refuse('nothing is released that was not set aside for this');
        END IF;
        -- Who only asks sets aside what was approved by itself, and releases what they withdraw.
        IF NOT (clearance_is('approver') OR clearance_is('buyer') OR clearance_is('finance')) THEN
            SELECT * INTO asked FROM buy_requests WHERE id = NEW.subject;
            IF asked.requested_by IS DISTINCT FROM session_user::text
               OR asked.budget_id IS DISTINCT FROM NEW.budget_id
               OR NOT (NEW.kind = 'release' AND asked.state = 'withdrawn'
                       OR NEW.kind = 'commit' AND asked.state = 'approved'
                          AND asked.decided_by = session_user::text AND asked.total = NEW.amount
                          AND clearance_set_aside(NEW.budget_id, NEW.subject) = 0) THEN
                PERFORM clearance_refuse('your roles do not let you use this budget');
            END IF;
        END IF;
    END IF;
    IF clearance_currency(NEW.amount) IS DISTINCT FROM clearance_currency(about.amount) THEN
        RAISE EXCEPTION USING MESSAGE = 'a budget has one currency', ERRCODE = 'check_violation';
    END IF;
    SELECT coalesce(sum(CASE WHEN kind IN ('commit', 'spend') THEN 1 ELSE -1 END * clearance_minor(amount)), 0)
        INTO used FROM budget_entries WHERE budget_id = NEW.budget_id;
    IF sign > 0 AND used + clearance_minor(NEW.amount) > clearance_minor(about.amount) THEN
        RAISE EXCEPTION USING MESSAGE = 'the budget does not have that much left', ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- How is paid, is for admins to say. Who books a purchase may note the marketplace's own method at its first use:
-- it holds no price, no balance and no limit.
CREATE OR REPLACE FUNCTION clearance_check_method() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    IF TG_OP = 'INSERT' AND NEW.created_by <> session_user::text THEN
        PERFORM clearance_refuse('a method is noted in one''s own name');
    END IF;
    IF clearance_is('admin') THEN RETURN NEW; END IF;
    IF NEW.id <> 'own/' || NEW.marketplace || '/' || NEW.kind
                 || (CASE WHEN NEW.account_id = '' THEN '' ELSE '/' || NEW.account_id END)
       OR NEW.kind NOT IN ('subscription', 'credits', 'product', 'contract', 'checkout')
       OR (NEW.project_id, NEW.purchase_order, NEW.cost_center) IS DISTINCT FROM ('', '', '')
       OR NEW.unit_value IS NOT NULL OR NEW.paid_in IS NOT NULL OR NEW.limit_amount IS NOT NULL
       OR NEW.valid_until IS NOT NULL OR NOT NEW.active OR NEW.version <> 1 THEN
        PERFORM clearance_refuse('ways to pay are set up by an admin');
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION clearance_check_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    signed text := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    IF NOT clearance_is_owner() AND signed <> session_user::text THEN
        PERFORM clearance_refuse('this is noted in one''s own name');
    END IF;
    RETURN NEW;
END
$$;

DO $do$
DECLARE
    each record;
BEGIN
    FOR each IN SELECT * FROM (VALUES
        ('quotes', 'INSERT', 'clearance_check_quote()'),
        ('terms', 'INSERT', 'clearance_check_terms()'),
        ('buy_requests', 'INSERT OR UPDATE', 'clearance_check_request()'),
        ('request_items', 'INSERT OR UPDATE', 'clearance_check_item()'),
        ('approvals', 'INSERT', 'clearance_check_approval()'),
        ('orders', 'INSERT OR UPDATE', 'clearance_check_order()'),
        ('seats', 'INSERT OR UPDATE', 'clearance_check_seat()'),
        ('seat_pools', 'INSERT OR UPDATE', 'clearance_check_pool()'),
        ('agreements', 'INSERT', 'clearance_check_decision(''noted_by'')'),
        ('renewals', 'INSERT', 'clearance_check_decision(''decided_by'')'),
        ('budget_entries', 'INSERT', 'clearance_check_budget()'),
        ('resolutions', 'INSERT', 'clearance_check_decision(''author'')'),
        ('declarations', 'INSERT', 'clearance_check_decision(''declared_by'')'),
        ('payment_methods', 'INSERT OR UPDATE', 'clearance_check_method()'),
        ('payments', 'INSERT', 'clearance_check_decision(''paid_by'')'),
        ('refunds', 'INSERT', 'clearance_check_decision(''requested_by'')'),
        ('invoices', 'INSERT', 'clearance_check_decision(''created_by'')'),
        ('limits', 'INSERT', 'clearance_check_decision(''set_by'')')
    ) AS t(name, moments, what) LOOP
        EXECUTE 'DROP TRIGGER IF EXISTS clearance_check ON ' || each.name;
        EXECUTE 'CREATE TRIGGER clearance_check BEFORE ' || each.moments || ' ON ' || each.name
            || ' FOR EACH ROW EXECUTE FUNCTION ' || each.what;
    END LOOP;
END
$do$;

-- Within one unit of work the license may come before the order's new state.
DROP TRIGGER IF EXISTS clearance_check ON grants;
CREATE CONSTRAINT TRIGGER clearance_check AFTER INSERT ON grants DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION clearance_check_grant();

-- The audit -----------------------------------------------------------------------------------------------------

-- The only way in: the next entry, in one's own name. The bytes that are hashed (JSON after RFC 8785, as
-- core/audit/chain.py writes them) are put together here, so that nobody can hash something else.
CREATE OR REPLACE FUNCTION clearance_append_audit(
    action text, subject text, actor text, at text, details text, new_entry_sha256 text, new_frontier text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    tail audit_tail;
    pairs text;
    canonical text;
    digest text;
    leaf bytea;
    roots bytea;
    size_before bigint;
BEGIN
    IF actor <> session_user::text AND NOT clearance_is_owner() THEN
        PERFORM clearance_refuse('the audit is written in one''s own name');
    END IF;
    IF at !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z$' THEN
        PERFORM clearance_refuse('this is not a moment as the audit writes it');
    END IF;
    SELECT coalesce(string_agg('[' || to_json(pair ->> 0)::text || ',' || to_json(pair ->> 1)::text || ']', ','
                               ORDER BY place), '')
        INTO pairs FROM jsonb_array_elements(details::jsonb) WITH ORDINALITY AS t(pair, place);
    IF '[' || pairs || ']' <> details THEN
        PERFORM clearance_refuse('these are not details as the audit writes them');
    END IF;
    SELECT * INTO tail FROM audit_tail WHERE id = 1 FOR UPDATE;
    canonical := '{"action":' || to_json(action)::text || ',"actor":' || to_json(actor)::text
        || ',"at":' || to_json(at)::text || ',"details":' || details
        || ',"prev_sha256":' || to_json(tail.entry_sha256)::text || ',"sequence":' || (tail.size + 1)::text
        || ',"subject":' || to_json(subject)::text || '}';
    digest := encode(sha256(convert_to(canonical, 'UTF8')), 'hex');
    -- RFC 6962: the frontier holds the roots of the full trees, the largest first; equal ones are joined.
    leaf := sha256('\x00'::bytea || decode(digest, 'hex'));
    roots := decode(tail.frontier, 'hex');
    size_before := tail.size;
    WHILE size_before & 1 = 1 LOOP
        leaf := sha256('\x01'::bytea || substring(roots FROM length(roots) - 31) || leaf);
        roots := substring(roots FOR length(roots) - 32);
        size_before := size_before >> 1;
    END LOOP;
    roots := roots || leaf;
    IF digest <> new_entry_sha256 OR encode(roots, 'hex') <> new_frontier THEN
        PERFORM clearance_refuse('this is not the next entry of the audit');
    END IF;
    INSERT INTO audit (sequence, action, subject, actor, at, details, prev_sha256, entry_sha256) VALUES (
        tail.size + 1, action, subject, actor, at, details, tail.entry_sha256, digest);
    UPDATE audit_tail t SET size = tail.size + 1, entry_sha256 = digest, frontier = encode(roots, 'hex')
        WHERE t.id = 1;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO clearance_member;
