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

-- A quote holds a price and belongs to nobody's project yet: it is seen by who asked for it.
ALTER TABLE quotes ADD COLUMN IF NOT EXISTS quoted_by_login text NOT NULL DEFAULT session_user;

-- What is asked again and again -----------------------------------------------------------------------------
-- Whoever calls these may have temporary tables, and a search path, of their own: so names are looked up once, when
-- the function is made (RETURN), or in a path that the function sets itself.

CREATE OR REPLACE FUNCTION clearance_is_owner() RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (
    SELECT 1 FROM pg_catalog.pg_tables
    WHERE schemaname = 'public' AND tablename = 'audit' AND pg_has_role(session_user, tableowner::name, 'member')
);

CREATE OR REPLACE FUNCTION clearance_is(role text) RETURNS boolean LANGUAGE sql STABLE
RETURN pg_has_role(session_user, ('clearance_' || role)::name, 'member');

-- The same of somebody else. A login that is gone has no role.
CREATE OR REPLACE FUNCTION clearance_has(who text, role text) RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (SELECT 1 FROM pg_catalog.pg_roles r
               WHERE r.rolname = who AND pg_has_role(r.oid, ('clearance_' || role)::name, 'member'));

CREATE OR REPLACE FUNCTION clearance_sees_all() RETURNS boolean LANGUAGE sql STABLE
RETURN clearance_is('legal') OR clearance_is('finance') OR clearance_is('admin') OR clearance_is('auditor');

CREATE OR REPLACE FUNCTION clearance_works_on(project text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM project_members m
        WHERE m.project_id = project AND m.member_id = session_user::text AND m.removed_at IS NULL
    )
$$;

CREATE OR REPLACE FUNCTION clearance_sees(project text) RETURNS boolean LANGUAGE sql STABLE
RETURN clearance_sees_all() OR clearance_works_on(project);

-- The same as lists, for what is asked of many rows: a query looks at project_members once, not once a row.
CREATE OR REPLACE FUNCTION clearance_projects() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(m.project_id), '{}') FROM project_members m
    WHERE m.member_id = session_user::text AND m.removed_at IS NULL
$$;

CREATE OR REPLACE FUNCTION clearance_departments() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT p.department), '{}')
    FROM project_members m JOIN projects p ON p.id = m.project_id
    WHERE m.member_id = session_user::text AND m.removed_at IS NULL AND p.department <> ''
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
CREATE OR REPLACE FUNCTION clearance_minor(cost text) RETURNS numeric LANGUAGE sql IMMUTABLE
RETURN CASE WHEN cost ~ '^money:-?[0-9]{1,19}:' THEN split_part(cost, ':', 2)::numeric END;

CREATE OR REPLACE FUNCTION clearance_currency(cost text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN split_part(cost, ':', 1) = 'money' THEN split_part(cost, ':', 3) END;

-- Whether this is a moment as the ledger writes them, and now: as far as the clocks of a studio's machines agree.
CREATE OR REPLACE FUNCTION clearance_is_now(at text) RETURNS boolean LANGUAGE sql STABLE
RETURN at ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z$'
    AND abs(extract(epoch FROM at::timestamptz - now())) <= 86400;

-- Whether a moment is to come, and by when at the latest. As LONGEST in core/services/studio/decide.py, and a day.
CREATE OR REPLACE FUNCTION clearance_is_soon(at text) RETURNS boolean LANGUAGE sql STABLE
RETURN at ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z$'
    AND at::timestamptz <= now() + interval '91 days';

CREATE OR REPLACE FUNCTION clearance_month_start(at text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN left(at, 7) || '-01';

-- What is still set aside in a budget for a request.
CREATE OR REPLACE FUNCTION clearance_set_aside(budget text, request text) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(sum(CASE kind WHEN 'commit' THEN clearance_minor(amount) ELSE -clearance_minor(amount) END), 0)
    FROM budget_entries WHERE budget_id = budget AND subject = request AND kind IN ('commit', 'release')
$$;

CREATE OR REPLACE FUNCTION clearance_refuse(why text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = why, ERRCODE = 'insufficient_privilege';
END
$$;

-- Whether an amount stays within every limit of a kind that fits. Without a limit of the kinds OWN and AUTO nothing
-- is allowed, without one of the others everything is. A limit in another currency cannot be
-- compared: where there is none in this currency, nothing is allowed.
DROP FUNCTION IF EXISTS clearance_within(text, text, text, text);
DROP FUNCTION IF EXISTS clearance_month_within(text, text, text);

CREATE OR REPLACE FUNCTION clearance_within(who text, wanted_kind text, project text, shop text, wanted text)
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
          AND (l.role = '' OR clearance_has(who, l.role)) AND l.project_id IN ('', project)
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

-- What somebody used of a month: what they ordered (SPEND), or decided about (the other kinds): requests, and quotes
-- of no request whose approval still holds or led to an order. As core/services/studio/limits.py counts.
CREATE OR REPLACE FUNCTION clearance_used(
    who text, wanted_kind text, month_start text, wanted_project text, shop text, wanted_currency text, besides text
) RETURNS numeric LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN wanted_kind = 'spend' THEN (
        SELECT coalesce(sum(clearance_minor(o.cost)), 0) FROM orders o
        WHERE o.buyer = who AND o.created_at >= month_start AND o.state NOT IN ('failed', 'refunded')
          AND o.created_at < to_char(month_start::date + interval '1 month', 'YYYY-MM-DD')
          AND clearance_currency(o.cost) = wanted_currency AND o.id <> besides
          AND wanted_project IN ('', o.project) AND shop IN ('', o.marketplace)
    ) ELSE (
        SELECT coalesce(sum(clearance_minor(i.cost)), 0)
        FROM buy_requests r JOIN request_items i ON i.request_id = r.id
        WHERE r.decided_by = who AND r.decided_at >= month_start AND r.id <> besides
          AND r.decided_at < to_char(month_start::date + interval '1 month', 'YYYY-MM-DD')
          AND r.state IN ('approved', 'buying', 'done') AND i.state IN ('waiting', 'buying', 'bought')
          AND (wanted_kind = 'approve' OR r.requested_by = who)
          AND clearance_currency(i.cost) = wanted_currency
          AND wanted_project IN ('', r.project_id) AND shop IN ('', i.marketplace)
    ) + CASE WHEN wanted_kind = 'auto' THEN 0 ELSE (
        SELECT coalesce(sum(clearance_minor(q.cost)), 0) FROM quotes q
        WHERE clearance_currency(q.cost) = wanted_currency AND shop IN ('', q.marketplace) AND q.id <> besides
          AND (wanted_kind = 'approve' OR q.quoted_by_login = who)
          AND NOT EXISTS (SELECT 1 FROM request_items i WHERE i.quote_id = q.id)
          AND EXISTS (
              SELECT 1 FROM approvals a LEFT JOIN orders o ON o.approval_id = a.id
              WHERE a.quote_id = q.id AND a.approved_by = who AND a.approved_at >= month_start
                AND a.approved_at < to_char(month_start::date + interval '1 month', 'YYYY-MM-DD')
                AND CASE WHEN o.id IS NULL
                    THEN a.expires_at >= to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                    ELSE o.state NOT IN ('failed', 'refunded') AND wanted_project IN ('', o.project) END
          )
    ) END END
$$;

-- Whether one more amount, in the month of a moment, stays within every monthly limit of a kind.
CREATE OR REPLACE FUNCTION clearance_month_within(
    who text, wanted_kind text, project_now text, shop text, wanted text, at text, besides text
) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    bound record;
    found_one boolean := false;
    comparable boolean := false;
    used numeric;
BEGIN
    IF clearance_minor(wanted) IS NULL THEN
        RETURN true;
    END IF;
    FOR bound IN
        SELECT * FROM limits l
        WHERE l.kind = wanted_kind AND l.period = 'month' AND l.ended_at IS NULL
          AND (l.role = '' OR clearance_has(who, l.role)) AND l.project_id IN ('', project_now)
          AND l.marketplace IN ('', shop)
    LOOP
        found_one := true;
        IF clearance_currency(bound.amount) = clearance_currency(wanted) THEN
            comparable := true;
            used := clearance_used(who, wanted_kind, clearance_month_start(at), bound.project_id, bound.marketplace,
                                   clearance_currency(wanted), besides);
            IF used + clearance_minor(wanted) > clearance_minor(bound.amount) THEN
                RETURN false;
            END IF;
        END IF;
    END LOOP;
    RETURN comparable OR NOT found_one;
END
$$;

-- Whether a request stays within the limits of a kind: its total, and each marketplace's part of it.
CREATE OR REPLACE FUNCTION clearance_request_within(who text, wanted_kind text, asked text, project text, total text, at text)
RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    part record;
BEGIN
    IF wanted_kind IN ('own', 'auto') AND EXISTS (
        SELECT 1 FROM request_items i
        WHERE i.request_id = asked AND i.state = 'waiting' AND clearance_minor(i.cost) IS NULL
    ) THEN
        RETURN false;
    END IF;
    IF NOT clearance_within(who, wanted_kind, project, '', total)
       OR NOT clearance_month_within(who, wanted_kind, project, '', total, at, asked) THEN
        RETURN false;
    END IF;
    FOR part IN
        SELECT i.marketplace, 'money:' || sum(clearance_minor(i.cost)) || ':' || clearance_currency(i.cost) AS cost
        FROM request_items i
        WHERE i.request_id = asked AND i.state = 'waiting' AND clearance_minor(i.cost) IS NOT NULL
          AND EXISTS (SELECT 1 FROM limits l WHERE l.kind = wanted_kind AND l.marketplace = i.marketplace
                      AND l.ended_at IS NULL)
        GROUP BY i.marketplace, clearance_currency(i.cost)
    LOOP
        IF NOT clearance_within(who, wanted_kind, project, part.marketplace, part.cost)
           OR NOT clearance_month_within(who, wanted_kind, project, part.marketplace, part.cost, at, asked) THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END
$$;

-- Rights ----------------------------------------------------------------------------------------------------

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO clearance_member;
GRANT SELECT ON schema_version, audit_tail, quotes, approvals, orders, receipts, grants, files, documents, refunds,
    terms, usages, resolutions, declarations, fingerprints, members, projects, project_members, limits,
    payment_methods, buy_requests, request_items, seat_pools, seats, agreements, renewals, reminders,
    delivery_checks, offered_facts, exchange_rates, usage_prices, usage_counts TO clearance_member;
-- What a version before gave, and this one does not.
REVOKE INSERT ON reminders FROM clearance_member;
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
-- Of orders that were paid late, see clearance_check_item.
GRANT UPDATE ON request_items TO clearance_finance;
GRANT INSERT ON approvals TO clearance_approver, clearance_buyer;
GRANT INSERT, UPDATE ON orders TO clearance_buyer, clearance_finance;
-- Who downloads first says that it is there, see clearance_check_order.
GRANT UPDATE ON orders TO clearance_artist;
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
GRANT INSERT ON reminders TO clearance_artist, clearance_buyer, clearance_approver, clearance_legal, clearance_finance,
    clearance_admin;
GRANT INSERT ON invoices, exchange_rates, usage_prices TO clearance_finance;
-- One's own calls, see clearance_check_count. Auditors change nothing.
GRANT INSERT, UPDATE ON usage_counts TO clearance_artist, clearance_buyer, clearance_approver, clearance_legal,
    clearance_finance, clearance_admin;
GRANT INSERT, UPDATE ON invoice_lines, number_series TO clearance_finance;
DO $do$
DECLARE
    each record;
BEGIN
    FOR each IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
        EXECUTE format('GRANT USAGE ON SEQUENCE public.' || quote_ident(each.sequencename) || ' TO clearance_member');
    END LOOP;
    -- A row's place in line is the database's to give: rights to write are for every other column.
    FOR each IN
        SELECT c.oid::regclass AS place, a.grantee::regrole AS grantee,
               (SELECT string_agg(quote_ident(f.attname), ', ') FROM pg_attribute f
                WHERE f.attrelid = c.oid AND f.attnum > 0 AND NOT f.attisdropped AND f.attname <> 'serial') AS others
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.privilege_type = 'INSERT'
          AND a.grantee <> c.relowner AND a.grantee <> 0
          AND EXISTS (SELECT 1 FROM pg_attribute f WHERE f.attrelid = c.oid AND f.attname = 'serial')
          AND a.grantee::regrole::text LIKE 'clearance\_%'
    LOOP
        EXECUTE format('REVOKE INSERT ON %s FROM %s', each.place, each.grantee);
        EXECUTE format('GRANT INSERT (%s) ON %s TO %s', each.others, each.place, each.grantee);
    END LOOP;
END
$do$;

-- Whose rows one sees -----------------------------------------------------------------------------------------

-- A condition without a row in it stands as (SELECT ...): PostgreSQL then works it out once a query. It says the same
-- as clearance_sees and clearance_sees_budget, which the triggers ask about single rows.

DO $do$
DECLARE
    all_of_it text := '(SELECT clearance_sees_all())';
    my_projects text := 'ANY ((SELECT clearance_projects())::text[])';
    each record;
BEGIN
    FOR each IN SELECT * FROM (VALUES
        ('orders', all_of_it || ' OR project = ' || my_projects),
        ('buy_requests', all_of_it || ' OR project_id = ' || my_projects),
        ('request_items',
            'EXISTS (SELECT 1 FROM buy_requests r WHERE r.id = request_id)'),
        ('quotes', all_of_it || ' OR quoted_by_login = session_user::text
            OR EXISTS (SELECT 1 FROM orders o WHERE o.quote_id = quotes.id)
            OR EXISTS (SELECT 1 FROM request_items i WHERE i.quote_id = quotes.id)'),
        ('approvals', 'EXISTS (SELECT 1 FROM quotes q WHERE q.id = quote_id)'),
        ('receipts', 'EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id)'),
        ('documents', 'EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id)'),
        ('refunds', 'EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id)'),
        ('payments', 'EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id)'),
        ('usage_counts', all_of_it || ' OR project_id = ' || my_projects || ' OR counted_by = session_user::text'),
        ('budgets', all_of_it || ' OR project_id = ' || my_projects
            || ' OR department = ANY ((SELECT clearance_departments())::text[])'),
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

-- Counting is only good for who sees what others committed meanwhile.
CREATE OR REPLACE FUNCTION clearance_see_now() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM clearance_refuse('seats, budgets and limits are counted in transactions that are READ COMMITTED');
    END IF;
END
$$;

-- Somebody's month is counted by one transaction at a time.
CREATE OR REPLACE FUNCTION clearance_count_alone() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM clearance_see_now();
    PERFORM pg_advisory_xact_lock(hashtextextended('clearance month of ' || session_user, 0));
END
$$;

-- Amounts are written in one way only, so that none adds up to something else than it says. A column with a minus
-- behind its name may hold what is below zero.
CREATE OR REPLACE FUNCTION clearance_check_amounts() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    each text;
    amount text;
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    FOREACH each IN ARRAY TG_ARGV LOOP
        amount := to_jsonb(NEW) ->> rtrim(each, '-');
        IF amount !~ '^(money|credits):(0|-?[1-9][0-9]{0,18}):.' OR (amount ~ '^[a-z]+:-' AND each !~ '-$') THEN
            PERFORM clearance_refuse('this is not an amount as the ledger writes it');
        END IF;
    END LOOP;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION clearance_check_quote() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    NEW.quoted_by_login := session_user;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION clearance_check_terms() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
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
    IF (NEW.use, NEW.reason) IS DISTINCT FROM (OLD.use, OLD.reason) AND NOT (own AND OLD.state IN ('draft', 'open')) THEN
        PERFORM clearance_refuse('what a request is for is said by who asks, before it is decided');
    END IF;
    IF NEW.state = 'approved' AND OLD.state = 'open' THEN
        PERFORM clearance_count_alone();
        IF NEW.decided_by <> me OR (NEW.total, NEW.binding_sha256) IS DISTINCT FROM (OLD.total, OLD.binding_sha256) THEN
            PERFORM clearance_refuse('an approval is given in one''s own name, for what was asked');
        END IF;
        IF NOT coalesce(clearance_is_now(NEW.decided_at) AND clearance_is_soon(NEW.expires_at), false) THEN
            PERFORM clearance_refuse('an approval is given now (is the clock of this machine right?), and ends within 90 days');
        END IF;
        IF EXISTS (
            SELECT 1 FROM request_items i LEFT JOIN quotes q ON q.id = i.quote_id
            WHERE i.request_id = NEW.id AND i.state = 'waiting' AND (q.id IS NULL OR i.cost IS DISTINCT FROM q.cost)
        ) THEN
            PERFORM clearance_refuse('an item does not cost what it was quoted for');
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
        IF clearance_is('approver')
           AND clearance_request_within(me, 'approve', NEW.id, NEW.project_id, NEW.total, NEW.decided_at)
           AND (NOT own
                OR clearance_request_within(me, 'own', NEW.id, NEW.project_id, NEW.total, NEW.decided_at)) THEN
            RETURN NEW;
        END IF;
        IF own AND clearance_request_within(me, 'auto', NEW.id, NEW.project_id, NEW.total, NEW.decided_at) THEN
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
    IF OLD.state = 'approved' AND NEW.state = 'withdrawn' AND own
       AND (NEW.decided_by, NEW.decided_at, NEW.decision_reason, NEW.total, NEW.binding_sha256, NEW.expires_at)
           IS NOT DISTINCT FROM
           (OLD.decided_by, OLD.decided_at, OLD.decision_reason, OLD.total, OLD.binding_sha256, OLD.expires_at) THEN
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
        IF NEW.state IN ('buying', 'bought') OR NEW.order_id IS NOT NULL THEN
            PERFORM clearance_refuse('nothing is bought before it is approved');
        END IF;
        IF NEW.quote_id IS NOT NULL AND NOT clearance_sees_all() AND NOT EXISTS (
            SELECT 1 FROM quotes q WHERE q.id = NEW.quote_id AND (q.quoted_by_login = session_user::text
                OR EXISTS (SELECT 1 FROM request_items i JOIN buy_requests r ON r.id = i.request_id
                           WHERE i.quote_id = q.id AND clearance_works_on(r.project_id)))
        ) THEN
            PERFORM clearance_refuse('this quote is not one that you may use');
        END IF;
        RETURN NEW;
    END IF;
    -- From here on somebody decides, or has decided, about exactly this quote and price.
    IF TG_OP = 'UPDATE' AND (NEW.quote_id, NEW.cost, NEW.license_label, NEW.variant)
       IS NOT DISTINCT FROM (OLD.quote_id, OLD.cost, OLD.license_label, OLD.variant) THEN
        IF about.requested_by = session_user::text AND about.state = 'open' AND NEW.state = 'left_out' THEN
            RETURN NEW;
        END IF;
        -- What was left out or failed is bought no more; a failed order that was paid after all says what happened.
        IF (clearance_is('buyer') OR clearance_is('finance')) AND clearance_sees(about.project_id)
           AND (clearance_is('buyer') AND about.state IN ('approved', 'buying')
                AND (OLD.state = NEW.state OR OLD.state IN ('waiting', 'buying') AND NEW.state <> 'left_out')
                OR about.state IN ('buying', 'done') AND OLD.state = 'failed' AND NEW.state = 'bought'
                   AND NEW.order_id = OLD.order_id
                   AND EXISTS (SELECT 1 FROM orders o WHERE o.id = NEW.order_id
                               AND o.state IN ('paid', 'fulfilled', 'refunded'))) THEN
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
    PERFORM clearance_count_alone();
    IF NEW.approved_by <> session_user::text THEN
        PERFORM clearance_refuse('an approval is given in one''s own name');
    END IF;
    IF NOT (clearance_is_now(NEW.approved_at) AND clearance_is_soon(NEW.expires_at)) THEN
        PERFORM clearance_refuse('an approval is given now (is the clock of this machine right?), and ends within 90 days');
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
        IF NEW.expires_at > request.expires_at
           OR request.expires_at < to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') THEN
            PERFORM clearance_refuse('the request''s approval does not hold that long');
        END IF;
        RETURN NEW;
    END IF;
    -- Otherwise a request above somebody's limit would be approved piece by piece.
    IF request.state IN ('draft', 'open', 'approved', 'buying') THEN
        PERFORM clearance_refuse('this belongs to a request: that is approved as a whole');
    END IF;
    IF NOT clearance_is('approver') THEN
        PERFORM clearance_refuse('your roles do not let you approve');
    END IF;
    IF own AND NOT (
        clearance_within(session_user::text, 'own', project, quoted.marketplace, quoted.cost)
        AND clearance_month_within(session_user::text, 'own', project, quoted.marketplace, quoted.cost, NEW.approved_at,
                                   quoted.id)
    ) THEN
        PERFORM clearance_refuse('nobody approves their own purchase above the limit for it');
    END IF;
    IF NOT clearance_within(session_user::text, 'approve', project, quoted.marketplace, quoted.cost)
       OR NOT clearance_month_within(session_user::text, 'approve', project, quoted.marketplace, quoted.cost,
                                     NEW.approved_at, quoted.id) THEN
        PERFORM clearance_refuse('this is above what you may approve');
    END IF;
    RETURN NEW;
END
$$;

-- As TRANSITIONS in core/model/order.py; the tests hold the two against each other.
CREATE OR REPLACE FUNCTION clearance_may_become(before text, after text) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN before = after OR (before, after) IN (
        ('approved', 'submitting'), ('approved', 'awaiting_checkout'), ('approved', 'failed'),
        ('submitting', 'paid'), ('submitting', 'awaiting_checkout'), ('submitting', 'unknown'),
        ('submitting', 'failed'), ('unknown', 'paid'), ('unknown', 'awaiting_checkout'), ('unknown', 'failed'),
        ('awaiting_checkout', 'paid'), ('awaiting_checkout', 'failed'), ('paid', 'fulfilled'),
        ('paid', 'refunded'), ('fulfilled', 'refunded'), ('failed', 'paid')
    );

CREATE OR REPLACE FUNCTION clearance_check_order() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    yes approvals;
    quoted quotes;
    asked buy_requests;
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
        IF NOT (clearance_is('buyer') OR clearance_is('finance'))
           AND ((OLD.state, NEW.state) IS DISTINCT FROM ('paid', 'fulfilled')
                OR to_jsonb(NEW) - '{state,updated_at,version}'::text[]
                   IS DISTINCT FROM to_jsonb(OLD) - '{state,updated_at,version}'::text[]) THEN
            PERFORM clearance_refuse('your roles let you say of an order that it was downloaded, and nothing else');
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
        IF NOT clearance_is('finance') OR NEW.state NOT IN ('paid', 'fulfilled', 'refunded') THEN
            PERFORM clearance_refuse('nothing is bought without an approval');
        END IF;
        RETURN NEW;
    END IF;
    IF NOT clearance_is('buyer') THEN
        PERFORM clearance_refuse('your roles do not let you buy');
    END IF;
    IF NEW.state <> 'approved' OR NEW.version <> 1 THEN
        PERFORM clearance_refuse('an order begins as one that is approved');
    END IF;
    IF NOT clearance_is_now(NEW.created_at) THEN
        PERFORM clearance_refuse('an order is placed now; is the clock of this machine right?');
    END IF;
    PERFORM clearance_count_alone();
    -- One order for a yes: whoever else has this quote's approval waits here until it is known what becomes of ours.
    SELECT * INTO yes FROM approvals WHERE id = NEW.approval_id FOR NO KEY UPDATE;
    SELECT * INTO quoted FROM quotes WHERE id = yes.quote_id;
    IF yes.quote_id IS DISTINCT FROM NEW.quote_id OR quoted.cost IS DISTINCT FROM NEW.cost
       OR (quoted.marketplace, quoted.listing_id, quoted.license_id, quoted.terms_sha256, quoted.variant,
           quoted.account_id)
          IS DISTINCT FROM (NEW.marketplace, NEW.listing_id, NEW.license_id, NEW.terms_sha256, NEW.variant,
           NEW.account_id) THEN
        PERFORM clearance_refuse('this is not what was approved');
    END IF;
    PERFORM 1 FROM quotes WHERE id = NEW.quote_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM orders o WHERE o.quote_id = NEW.quote_id AND o.state <> 'failed') THEN
        PERFORM clearance_refuse('this was ordered already');
    END IF;
    SELECT r.* INTO asked FROM request_items i JOIN buy_requests r ON r.id = i.request_id
        WHERE i.quote_id = NEW.quote_id ORDER BY i.serial DESC LIMIT 1;
    IF asked.id IS NOT NULL AND asked.project_id <> NEW.project THEN
        PERFORM clearance_refuse('this was approved for another project');
    END IF;
    IF asked.id IS NULL AND NOT (
        clearance_within(yes.approved_by, 'approve', NEW.project, NEW.marketplace, NEW.cost)
        AND (yes.approved_by <> quoted.quoted_by_login
             OR clearance_within(yes.approved_by, 'own', NEW.project, NEW.marketplace, NEW.cost))
    ) THEN
        PERFORM clearance_refuse('who approved this may not approve as much for this project');
    END IF;
    IF yes.expires_at < to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') THEN
        PERFORM clearance_refuse('the approval is no longer valid');
    END IF;
    IF NOT clearance_within(session_user::text, 'spend', NEW.project, NEW.marketplace, NEW.cost) THEN
        PERFORM clearance_refuse('this is above what you may spend at once');
    END IF;
    IF NOT clearance_month_within(session_user::text, 'spend', NEW.project, NEW.marketplace, NEW.cost, NEW.created_at,
                                  NEW.id) THEN
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
        IF TG_OP = 'UPDATE' AND (NEW.released_at, NEW.released_by) IS DISTINCT FROM (OLD.released_at, OLD.released_by)
           AND NEW.released_by <> session_user::text THEN
            PERFORM clearance_refuse('a seat is released in one''s own name');
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
    PERFORM clearance_see_now();
    SELECT * INTO about FROM budgets WHERE id = NEW.budget_id FOR UPDATE;
    IF NOT clearance_is_owner() THEN
        IF NEW."by" <> session_user::text OR NOT clearance_is_now(NEW.at) THEN
            PERFORM clearance_refuse('an entry is made in one''s own name, and now');
        END IF;
        IF clearance_minor(NEW.amount) IS NULL OR clearance_minor(NEW.amount) <= 0 THEN
            PERFORM clearance_refuse('an entry is an amount of money above zero');
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
CREATE OR REPLACE FUNCTION clearance_check_method() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
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

-- Who wrote a row, is who wrote it; and stays so.
CREATE OR REPLACE FUNCTION clearance_check_decision() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    signed text := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    IF signed <> session_user::text AND (TG_OP = 'INSERT' OR signed IS DISTINCT FROM to_jsonb(OLD) ->> TG_ARGV[0]) THEN
        PERFORM clearance_refuse('this is noted in one''s own name');
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION clearance_check_limit() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    IF TG_OP = 'INSERT' AND NEW.set_by <> session_user::text THEN
        PERFORM clearance_refuse('this is noted in one''s own name');
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.ended_at IS NOT NULL OR to_jsonb(NEW) - '{ended_at,version}'::text[]
                             IS DISTINCT FROM to_jsonb(OLD) - '{ended_at,version}'::text[]) THEN
        PERFORM clearance_refuse('a limit is ended, once, and a new one set; it never changes');
    END IF;
    RETURN NEW;
END
$$;

-- A declaration is withdrawn by who made it, or by legal.
CREATE OR REPLACE FUNCTION clearance_check_declaration() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    IF NEW.declared_by <> session_user::text AND (TG_OP = 'INSERT' OR NOT clearance_is('legal')) THEN
        PERFORM clearance_refuse('this is declared, and withdrawn, in one''s own name');
    END IF;
    RETURN NEW;
END
$$;

-- Anybody who buys asks for a refund; that it came, is finance's to say.
CREATE OR REPLACE FUNCTION clearance_check_refund() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    IF TG_OP = 'INSERT' AND (NEW.requested_by <> session_user::text
                             OR NEW.state <> 'requested' AND NOT clearance_is('finance')) THEN
        PERFORM clearance_refuse('a refund is asked for in one''s own name, and booked by finance');
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.order_id, NEW.grant_id, NEW.requested_by, NEW.requested_at)
       IS DISTINCT FROM (OLD.id, OLD.order_id, OLD.grant_id, OLD.requested_by, OLD.requested_at) THEN
        PERFORM clearance_refuse('what a refund is about never changes');
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION clearance_check_payment() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    IF NEW.paid_by <> session_user::text THEN
        PERFORM clearance_refuse('this is noted in one''s own name');
    END IF;
    IF NEW.refund_id IS NOT NULL AND NOT clearance_is('finance') THEN
        PERFORM clearance_refuse('refunds are booked by finance');
    END IF;
    RETURN NEW;
END
$$;

-- Calls are counted by who made them, for a project that they see, under an id that is theirs; a count only grows.
CREATE OR REPLACE FUNCTION clearance_check_count() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    IF NEW.counted_by <> session_user::text OR NEW.id !~ '^[0-9a-f]{32}/'
       OR substr(NEW.id, 34) <> session_user::text THEN
        PERFORM clearance_refuse('calls are counted in one''s own name');
    END IF;
    IF NOT clearance_is_now(NEW.counted_at) OR NEW.day !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
       OR NEW.day > to_char((now() + interval '1 day') AT TIME ZONE 'UTC', 'YYYY-MM-DD')
       OR NEW.day < to_char((now() - interval '64 days') AT TIME ZONE 'UTC', 'YYYY-MM-DD') THEN
        PERFORM clearance_refuse('calls are counted soon after they were made');
    END IF;
    IF TG_OP = 'INSERT' AND (NEW.version <> 1 OR NEW.project_id <> '' AND NOT clearance_sees(NEW.project_id)) THEN
        PERFORM clearance_refuse('you do not work on this project');
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.number <= OLD.number OR NEW.version <> OLD.version + 1
                             OR to_jsonb(NEW) - '{number,counted_at,version}'::text[]
                             IS DISTINCT FROM to_jsonb(OLD) - '{number,counted_at,version}'::text[]) THEN
        PERFORM clearance_refuse('a count goes up, and nothing else of it changes');
    END IF;
    RETURN NEW;
END
$$;

-- Invoices are numbered without gaps: a series goes on by one.
CREATE OR REPLACE FUNCTION clearance_check_series() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF clearance_is_owner() THEN RETURN NEW; END IF;
    IF TG_OP = 'INSERT' AND NEW.last NOT IN (0, 1)
       OR TG_OP = 'UPDATE' AND (NEW.id <> OLD.id OR NEW.last <> OLD.last + 1) THEN
        PERFORM clearance_refuse('a series of numbers goes on by one');
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
        ('agreements', 'INSERT OR UPDATE', 'clearance_check_decision(''noted_by'')'),
        ('renewals', 'INSERT OR UPDATE', 'clearance_check_decision(''decided_by'')'),
        ('budget_entries', 'INSERT', 'clearance_check_budget()'),
        ('resolutions', 'INSERT', 'clearance_check_decision(''author'')'),
        ('declarations', 'INSERT OR UPDATE', 'clearance_check_declaration()'),
        ('payment_methods', 'INSERT OR UPDATE', 'clearance_check_method()'),
        ('payments', 'INSERT', 'clearance_check_payment()'),
        ('refunds', 'INSERT OR UPDATE', 'clearance_check_refund()'),
        ('invoices', 'INSERT', 'clearance_check_decision(''created_by'')'),
        ('documents', 'INSERT', 'clearance_check_decision(''added_by'')'),
        ('delivery_checks', 'INSERT', 'clearance_check_decision(''checked_by'')'),
        ('exchange_rates', 'INSERT', 'clearance_check_decision(''set_by'')'),
        ('usage_prices', 'INSERT', 'clearance_check_decision(''set_by'')'),
        ('budgets', 'INSERT OR UPDATE', 'clearance_check_decision(''created_by'')'),
        ('projects', 'INSERT OR UPDATE', 'clearance_check_decision(''created_by'')'),
        ('members', 'INSERT OR UPDATE', 'clearance_check_decision(''added_by'')'),
        ('project_members', 'INSERT OR UPDATE', 'clearance_check_decision(''added_by'')'),
        ('number_series', 'INSERT OR UPDATE', 'clearance_check_series()'),
        ('usage_counts', 'INSERT OR UPDATE', 'clearance_check_count()'),
        ('limits', 'INSERT OR UPDATE', 'clearance_check_limit()')
    ) AS t(name, moments, what) LOOP
        EXECUTE 'DROP TRIGGER IF EXISTS clearance_check ON ' || each.name;
        EXECUTE 'CREATE TRIGGER clearance_check BEFORE ' || each.moments || ' ON ' || each.name
            || ' FOR EACH ROW EXECUTE FUNCTION ' || each.what;
    END LOOP;
END
$do$;

DO $do$
DECLARE
    each record;
BEGIN
    FOR each IN SELECT * FROM (VALUES
        ('quotes', $$'cost'$$), ('orders', $$'cost'$$), ('request_items', $$'cost'$$), ('buy_requests', $$'total'$$),
        ('receipts', $$'charged-'$$), ('refunds', $$'amount-'$$), ('budgets', $$'amount'$$),
        ('budget_entries', $$'amount'$$), ('limits', $$'amount'$$),
        ('payments', $$'cost-', 'value-', 'tax-', 'home-'$$),
        ('payment_methods', $$'unit_value', 'paid_in', 'limit_amount'$$)
    ) AS t(name, columns) LOOP
        EXECUTE 'DROP TRIGGER IF EXISTS clearance_amounts ON ' || each.name;
        EXECUTE 'CREATE TRIGGER clearance_amounts BEFORE INSERT OR UPDATE ON ' || each.name
            || ' FOR EACH ROW EXECUTE FUNCTION clearance_check_amounts(' || each.columns || ')';
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
    IF NOT clearance_is_now(at) AND NOT clearance_is_owner() THEN
        PERFORM clearance_refuse('the audit is written as things happen; is the clock of this machine right?');
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
    leaf := sha256(decode('00', 'hex') || decode(digest, 'hex'));
    roots := decode(tail.frontier, 'hex');
    size_before := tail.size;
    WHILE size_before & 1 = 1 LOOP
        leaf := sha256(decode('01', 'hex') || substring(roots FROM length(roots) - 31) || leaf);
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

-- Called by name is what the rules of rows, the checks that run as who writes, and the ledger's programs need. What
-- reads more than its caller may is left to the checks.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM clearance_member;
GRANT EXECUTE ON FUNCTION clearance_is_owner(), clearance_is(text), clearance_sees_all(), clearance_works_on(text),
    clearance_sees(text), clearance_sees_budget(text, text), clearance_projects(), clearance_departments(),
    clearance_minor(text), clearance_currency(text), clearance_is_now(text), clearance_refuse(text), clearance_see_now(),
    clearance_append_audit(text, text, text, text, text, text, text) TO clearance_member;
